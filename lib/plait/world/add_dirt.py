"""Adds realistic dirt to logs: repeated uploads and a few invalid rows."""

from __future__ import annotations

import numpy as np
import polars as pl

DUPLICATE_SHARE = 0.01  # share of rows that were uploaded twice
BAD_ROW_SHARE = 0.0008  # share of rows, per reason

# The fields of each dialect that dirt affects.
_FIELDS: dict[str, dict[str, str]] = {
    "shop": {"account": "customer_id", "item": "sku", "type": "action", "time": "ts"},
    "video": {"account": "uid", "item": "clip", "type": "verb", "time": "at_ms"},
    "social": {"account": "handle", "item": "post", "type": "kind", "time": "created_us"},
    "news": {"account": "device", "item": "article", "type": "what", "time": "when"},
}
_FUTURE: dict[str, object] = {
    "shop": 4_102_444_800, "video": 4_102_444_800_000, "social": 4_102_444_800_000_000,
    "news": "2100-01-01T00:00:00+00:00",
}  # fmt: skip
_ANCIENT: dict[str, object] = {
    "shop": 0, "video": 0, "social": 0, "news": "1970-01-01T00:00:00+00:00",
}  # fmt: skip


def add_dirt(
    rng: np.random.Generator, platform: str, log: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Returns `log` with duplicates and bad rows mixed in, and their number per reason.

    Bad rows are extra ones, so that what stands in `log` stays true. A reason is the code
    that cleaning gives.
    """
    if platform in ("shop", "news"):  # text formats can hold text in place of a number
        log = log.with_columns(pl.col(_FIELDS[platform]["time"]).cast(pl.String))
    repeated = log.sample(fraction=DUPLICATE_SHARE, seed=int(rng.integers(2**31)))
    on_items = log.filter(pl.col(_FIELDS[platform]["item"]).is_not_null())
    extra, counts = [repeated], {"duplicate": len(repeated)}
    for reason, changes in _bad_values(platform).items():
        size = max(2, round(BAD_ROW_SHARE * len(log)))
        rows = on_items.sample(size, seed=int(rng.integers(2**31)))
        extra.append(
            rows.with_columns(
                pl.lit(value).cast(log.schema[name]).alias(name) for name, value in changes.items()
            )
        )
        counts[reason] = size
    soiled = pl.concat([log, *extra])
    if "id" in soiled.columns:  # a bad row gets its own event id
        soiled = _own_ids(soiled, len(log) + len(repeated))
    place = np.concatenate([np.arange(len(log)), rng.integers(0, len(log), len(soiled) - len(log))])
    return soiled[np.argsort(place, kind="stable")], counts


def _bad_values(platform: str) -> dict[str, dict[str, object]]:
    fields = _FIELDS[platform]
    reasons: dict[str, dict[str, object]] = {
        "null_account": {fields["account"]: None},
        "null_object": {fields["item"]: None},
        "future_time": {fields["time"]: _FUTURE[platform]},
        "ancient_time": {fields["time"]: _ANCIENT[platform]},
        "unknown_type": {fields["type"]: "heartbeat"},
    }
    if platform in ("shop", "news"):
        reasons["bad_time"] = {fields["time"]: "yesterday"}
    return reasons


def _own_ids(rows: pl.DataFrame, first: int) -> pl.DataFrame:
    index = pl.int_range(pl.len())
    bad = pl.format("bad-{}", index.cast(pl.String))
    return rows.with_columns(id=pl.when(index < first).then("id").otherwise(bad))
