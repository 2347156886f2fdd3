"""The content id of an event: a fingerprint over the contract columns of its row."""

from __future__ import annotations

from collections.abc import Sequence

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
    parts: list[pl.Expr | str] = [
        _constant_or_column(events, "platform"),
        pl.col("account").str.tail(HASH_CHARACTERS),
        _constant_or_column(events, "type"),
        _constant_or_column(events, "object_kind", 1),
        pl.col("object_id").fill_null(""),
        _number_text(events, "time"),
        _number_text(events, "order"),
    ]
    for name, letter in _OPTIONAL.items():
        if events[name].null_count() < events.height:
            value = pl.concat_str(pl.lit(letter), pl.col(name).cast(pl.String))
            parts.append(value.fill_null(""))
        else:
            parts.append("")
    return fingerprint(events.select(_join(parts).alias("content"))["content"])


def _join(parts: Sequence[pl.Expr | str]) -> pl.Expr:
    """Returns the parts with marks between them; constants beside each other are one text."""
    pieces: list[pl.Expr] = []
    text = ""
    for place, part in enumerate(parts):
        text += _MARK if place else ""
        if isinstance(part, str):
            text += part
        else:
            pieces += [pl.lit(text), part]
            text = ""
    return pl.concat_str(*pieces, pl.lit(text))


def _constant_or_column(
    events: pl.DataFrame, name: str, length: int | None = None
) -> pl.Expr | str:
    """Returns the first characters of a column, or of its value if all are equal."""
    values = events[name]
    if values.len() and not values.null_count() and (values == values[0]).all():
        return str(values[0])[:length]
    return pl.col(name) if length is None else pl.col(name).str.head(length)


def _number_text(events: pl.DataFrame, name: str) -> pl.Expr | str:
    if events[name].null_count() == events.height:
        return ""
    return pl.col(name).cast(pl.Int64).cast(pl.String).fill_null("")
