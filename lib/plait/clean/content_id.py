"""What makes two rows the same event: a fingerprint over everything the contract keeps."""

from __future__ import annotations

import polars as pl

from plait.clean.fingerprint import fingerprint
from plait.privacy.pseudonym import HASH_CHARACTERS

_MARK = "\x1f"  # ids hold no control characters, so the joined text is unambiguous
# Fields few logs have: they add to the text only where they are set, each under its letter.
_OPTIONAL: dict[str, str] = {
    "value": "v", "currency": "c", "dwell_s": "d", "rating": "r", "session": "s", "query_text": "q",
}  # fmt: skip


def content_id(events: pl.DataFrame) -> pl.Series:
    """Returns the fingerprint of each row of `events` (EVENTS columns but event_id, person).

    `time_resolution` is left out: the same event read from a log and posted over HTTP is one. So
    is when it was received: the time its source gave counts.
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
            said = pl.concat_str(pl.lit(letter), pl.col(name).cast(pl.String))
            parts.append(said.fill_null(""))
        else:
            parts.append(pl.lit(""))
    joined = events.select(pl.concat_str(parts, separator=_MARK).alias("content"))
    return fingerprint(joined["content"])


def _literal_if_constant(events: pl.DataFrame, name: str) -> pl.Expr:
    """Returns the column, as a literal if it is the same everywhere: cheaper to join."""
    values = events[name]
    if values.len() and (values == values[0]).all():
        return pl.lit(values[0])
    return pl.col(name)


def _number_text(events: pl.DataFrame, name: str) -> pl.Expr:
    if events[name].null_count() == events.height:
        return pl.lit("")
    return pl.col(name).cast(pl.Int64).cast(pl.String).fill_null("")
