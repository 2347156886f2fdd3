"""The format of each platform's logs: its columns, event types and time formats."""

from __future__ import annotations

import polars as pl

from plait.world.draw_people import PLATFORMS


def to_dialect(platform: str, events: pl.DataFrame) -> pl.DataFrame:
    """Returns the platform's own log of `events` (draw_events)."""
    return events.filter(platform=platform).select(**_LOGS[platform])


def list_items(platform: str, items: pl.DataFrame) -> pl.DataFrame:
    """Returns the platform's own catalogue of `items` (draw_items)."""
    return items.filter(platform=platform).select(**_CATALOGUES[platform])


def list_accounts(platform: str, accounts: pl.DataFrame) -> pl.DataFrame:
    """Returns the platform's own account file. Accounts without an e-mail have no hash."""
    columns = {
        _ACCOUNT_COLUMNS[platform]: pl.col("account"),
        _HASH_COLUMNS[platform]: pl.col("email_hash"),
    }
    return accounts.filter(platform=platform).select(**columns)


_epoch_s = pl.col("time").dt.epoch("s")
_BERLIN_TIME = "%Y-%m-%dT%H:%M:%S%:z"

_LOGS: dict[str, dict[str, pl.Expr]] = {
    "shop": {  # epoch seconds; money; one log file a month
        "customer_id": pl.col("account"),
        "sku": pl.col("item"),
        "action": pl.col("act"),
        "ts": _epoch_s,
        "paid": pl.col("price"),
        "currency": pl.when(pl.col("price").is_not_null()).then(pl.lit("EUR")),
        "stars": pl.col("stars").cast(pl.Int64),
        "search_term": pl.col("query"),
    },
    "video": {  # epoch milliseconds; seconds watched
        "uid": pl.col("account"),
        "clip": pl.col("item"),
        "verb": pl.col("act"),
        "at_ms": pl.col("time").dt.epoch("ms"),
        "watched_s": pl.when(pl.col("act").is_in(["start", "finish"])).then("dwell_s"),
        "channel": pl.col("creator"),
        "q": pl.col("query"),
        "visit": pl.format("w{}", pl.col("session")),
    },
    "social": {  # epoch microseconds in Parquet; an event id of its own
        "id": pl.format(
            "{}-{}", pl.col("time").dt.epoch("us"), pl.int_range(pl.len()).cast(pl.String)
        ),
        "handle": pl.col("account"),
        "post": pl.col("item"),
        "kind": pl.col("act"),
        "created_us": pl.col("time").dt.epoch("us"),
        "follows": pl.col("creator"),
        "hashtag": pl.col("topic"),
    },
    "news": {  # ISO 8601 in local time with an offset; reading time in seconds
        "device": pl.col("account"),
        "article": pl.col("item"),
        "what": pl.col("act"),
        "when": pl.col("time").dt.convert_time_zone("Europe/Berlin").dt.strftime(_BERLIN_TIME),
        "read_seconds": pl.when(pl.col("act").is_in(["open", "read_to_end"])).then("dwell_s"),
        "query": pl.col("query"),
        "section": pl.col("topic"),
    },
}

_tags_text = pl.col("tags").list.join("|")
_CATALOGUES: dict[str, dict[str, pl.Expr]] = {
    "shop": {
        "sku": pl.col("item"),
        "name": pl.col("title"),
        "category": pl.col("categories").list.join("|"),
        "brand": pl.col("creator"),
        "price": pl.col("price"),
        "currency": pl.lit("EUR"),
        "keywords": _tags_text,
        "embedding": pl.col("vector").cast(pl.List(pl.String)).list.join("|"),
        "listed": pl.col("published").dt.epoch("s"),
    },
    "video": {
        "clip": pl.col("item"),
        "title": pl.col("title"),
        "genre": pl.col("categories"),
        "channel": pl.col("creator"),
        "labels": pl.col("tags"),
        "embedding": pl.col("vector"),
        "uploaded_ms": pl.col("published").dt.epoch("ms"),
    },
    "social": {
        "post": pl.col("item"),
        "text": pl.col("title"),
        "author": pl.col("creator"),
        "hashtags": pl.col("tags"),
        "created_us": pl.col("published").dt.epoch("us"),
    },
    "news": {
        "article": pl.col("item"),
        "headline": pl.col("title"),
        "sections": pl.col("categories").list.join("|"),
        "desk": pl.col("creator"),
        "keywords": _tags_text,
        "published": pl.col("published").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    },
}

_ACCOUNT_COLUMNS = {"shop": "customer_id", "video": "uid", "social": "handle", "news": "device"}
_HASH_COLUMNS = dict(
    zip(PLATFORMS, ("email_sha256", "mail_hash", "email_sha256", "login"), strict=True)
)
