"""The content id of an event: a fingerprint over the contract columns of its row."""

from __future__ import annotations

import polars as pl

from plait.clean.fingerprint import fingerprint
from plait.privacy.pseudonym import HASH_CHARACTERS

_MARK = "\x1f"  # ids have no control characters, so the joined text is unambiguous
# Rare fields are added to the text only if they are set, each with its letter.
_OPTIONAL: dict[str, str] = {
    "value": "v", "currency": "c", "dwell_s": "d", "rating": "r", "session": "s", "query_text": "q",
}  # fmt: skip


def content_id(events: pl.DataFrame) -> pl.Series:
    """Returns the fingerprint of each row of `events` (EVENTS columns without event_id, person).

    `time_resolution` is not included, so that an event from a log equals the same event over HTTP.
    The time of receipt is not included either. The time is the one that the source stamped.
    """
    if events["stamped"].null_count() < events.height:
        events = events.with_columns(time=pl.coalesce("stamped", "time"))
    parts: list[pl.Expr] = [
        _literal_if_constant(events, "platform"),
        pl.col("account").str.tail(HASH_CHARACTERS),
        _literal_if_constant(events, "type"),
        _literal_if_constant(events, "object_kind").str.head(1),
        pl.col("object_id").fill_null(""),
        _number_text(events, "time"),
        _number_text(events, "order"),
    ]
    for name, letter in _OPTIONAL.items():
        if events[name].null_count() < events.height:
            value = pl.concat_str(pl.lit(letter), pl.col(name).cast(pl.String))
            parts.append(value.fill_null(""))
        else:
            parts.append(pl.lit(""))
    joined = events.select(pl.concat_str(parts, separator=_MARK).alias("content"))
    return fingerprint(joined["content"])


def _literal_if_constant(events: pl.DataFrame, name: str) -> pl.Expr:
    """Returns the column, or a literal if all values are equal, which is faster."""
    values = events[name]
    if values.len() and (values == values[0]).all():
        return pl.lit(values[0])
    return pl.col(name)


def _number_text(events: pl.DataFrame, name: str) -> pl.Expr:
    if events[name].null_count() == events.height:
        return pl.lit("")
    return pl.col(name).cast(pl.Int64).cast(pl.String).fill_null("")
