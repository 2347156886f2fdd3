"""Encodes and decodes the events and links in live state."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import polars as pl

from plait.contracts.event_rows import (
    FEEDBACK_CONSENTS,
    FEEDBACK_ERASURES,
    FEEDBACK_EVENTS,
    FEEDBACK_LINKS,
)
from plait.live.link_reason import NO_REASON, LinkReason
from plait.live.live_noise import NOISE
from plait.live.live_strengths import HISTORY_STRENGTH

_US = pl.Datetime("us", "UTC")
_TIMES = ("time", "stamped")
_JSON = {name: pl.Int64() if name in _TIMES else kind for name, kind in FEEDBACK_EVENTS.items()}
MEMBER_FIELDS = ("order_key", "event_id", "item", "type", "strength", "time", "order", "stream_id")


def encode_events(events: pl.DataFrame) -> pl.DataFrame:
    """Returns event id, account, score, member and stream entry of each FEEDBACK_EVENTS row.

    Score and member sort an account's item events as features.sequences sorts a history: by
    time, then order (nulls first), then event id. A row with a true `noise` has no member. A
    member has HISTORY_STRENGTH, if the rows have it, and an entry always has `strength`.
    """
    strength = HISTORY_STRENGTH if HISTORY_STRENGTH in events.columns else "strength"
    in_history = pl.col("object_kind") == "item"
    if NOISE in events.columns:
        in_history &= ~pl.col(NOISE)
    time = pl.col("time").dt.epoch("us")
    order_key = (
        pl.when(pl.col("order").is_null())
        .then(pl.lit("0"))
        .otherwise(
            pl.lit("1") + (pl.col("order").cast(pl.Int128) + 2**63).cast(pl.String).str.zfill(20)
        )
    )
    member = pl.concat_str(
        order_key,
        pl.col("event_id"),
        pl.col("object_id"),
        pl.col("type"),
        pl.col(strength).cast(pl.String),
        time.cast(pl.String).fill_null(""),
        pl.col("order").cast(pl.String).fill_null(""),
        separator="\n",
    )
    entry = pl.struct(
        pl.col(n).dt.epoch("us") if n in _TIMES else pl.col(n) for n in FEEDBACK_EVENTS
    )
    return events.select(
        "event_id",
        "account",
        time.cast(pl.String).fill_null("-inf").alias("score"),
        pl.when(in_history).then(member).otherwise(pl.lit("")).alias("member"),
        entry.struct.json_encode().alias("entry"),
    )


def split_members(members: Sequence[str]) -> dict[str, list[str]]:
    """Returns each of MEMBER_FIELDS of the events in `members`; '' means null."""
    parts = "\n".join(members).split("\n") if members else []
    return {name: parts[i :: len(MEMBER_FIELDS)] for i, name in enumerate(MEMBER_FIELDS)}


def decode_events(entries: Sequence[str]) -> pl.DataFrame:
    """Returns the FEEDBACK_EVENTS rows in stream entries."""
    series = pl.Series("e", entries, pl.String)
    rows = series.str.json_decode(pl.Struct(_JSON)).struct.unnest()
    return rows.with_columns(pl.col(*_TIMES).cast(_US))


def encode_link(
    one: tuple[str, str], two: tuple[str, str], now: datetime, reason: LinkReason = NO_REASON
) -> str:
    """Returns the stream entry that links two accounts (pseudonym, platform)."""
    return json.dumps(_link_fields(one, two, now, reason))


def encode_unlink(
    one: tuple[str, str], two: tuple[str, str], now: datetime, reason: LinkReason = NO_REASON
) -> str:
    """Returns the stream entry that unlinks two accounts, see contracts.event_rows."""
    apart = {"apart": two[0], "apart_platform": two[1]}
    return json.dumps(_link_fields(one, one, now, reason) | apart)


def _link_fields(
    one: tuple[str, str], two: tuple[str, str], now: datetime, reason: LinkReason
) -> dict[str, str | int]:
    told: dict[str, str | int] = {}
    if reason.who is not None:  # a null would be read as true by Lua
        told["who"] = reason.who
    if reason.why is not None:
        told["why"] = reason.why
    return told | {
        "account_a": one[0],
        "platform_a": one[1],
        "account_b": two[0],
        "platform_b": two[1],
        "time": int(now.astimezone(UTC).timestamp() * 1e6),
    }


def decode_links(entries: Sequence[str]) -> pl.DataFrame:
    """Returns the FEEDBACK_LINKS rows in stream entries."""
    rows = [json.loads(entry) for entry in entries]
    frame = pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in FEEDBACK_LINKS},
        schema={**FEEDBACK_LINKS, "time": pl.Int64()},
    )
    return frame.with_columns(pl.col("time").cast(_US))


def encode_consent(
    account: tuple[str, str], said: Mapping[str, bool], now: datetime, who: str, why: str
) -> str:
    """Returns the stream entry of what an account (pseudonym, platform) says about its consent."""
    time = int(now.astimezone(UTC).timestamp() * 1e6)
    fields = {"account": account[0], "platform": account[1], "time": time, "who": who, "why": why}
    return json.dumps({**fields, **said})


def decode_consents(entries: Sequence[str]) -> pl.DataFrame:
    """Returns the FEEDBACK_CONSENTS rows in stream entries."""
    schema = {**FEEDBACK_CONSENTS, "time": pl.Int64()}
    rows = pl.DataFrame([json.loads(entry) for entry in entries], schema=schema)
    return rows.with_columns(pl.col("time").cast(_US))


def encode_erasure(rows: pl.DataFrame) -> str:
    """Returns the stream entry with the FEEDBACK_ERASURES rows of one erasure."""
    return json.dumps(rows.with_columns(pl.col("time").dt.epoch("us")).to_dict(as_series=False))


def decode_erasures(entries: Sequence[str]) -> pl.DataFrame:
    """Returns the FEEDBACK_ERASURES rows in stream entries."""
    schema = {**FEEDBACK_ERASURES, "time": pl.Int64()}
    parts = [pl.DataFrame(json.loads(entry), schema=schema) for entry in entries]
    rows = pl.concat([pl.DataFrame(schema=schema), *parts])
    return rows.with_columns(pl.col("time").cast(_US))
