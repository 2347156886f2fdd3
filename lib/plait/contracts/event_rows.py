"""The feedback log's rows: what the endpoint accepted, for the next fuse to read."""

from __future__ import annotations

from typing import Any

import polars as pl

from plait.contracts.store_tables import EVENTS

# The unit separator: it never stands in a name, so a real list survives the way through text.
LIST_SEPARATOR = "\x1f"


# Everything is text as it stood in the source; cleaning parses it, so that a bad value
# can be quoted in quarantine and a file and an HTTP body are judged by the same rules.
RAW_FIELDS: tuple[str, ...] = (
    "event_id", "account", "item", "topic", "creator", "query", "type", "time", "order",
    "value", "currency", "dwell", "rating", "session",
)  # fmt: skip
RAW_SCHEMA: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    **{name: pl.String() for name in RAW_FIELDS},
}


# An event of the feedback log: the contract without `person`, which the next fuse finds out,
# with the answer that led to the event, and the account's pseudonym on its home platform (null
# on a platform with an account id space of its own).
FEEDBACK_EVENTS: dict[str, Any] = {
    **{name: kind for name, kind in EVENTS.polars.items() if name != "person"},
    "recommendation_id": pl.String(),
    "home": pl.String(),
}
# A link of accounts a and b; or, where `apart` is given, an unlink of accounts a and `apart`. Then
# b is a once more: a plait that knows no unlinks reads a link that joins nobody.
FEEDBACK_LINKS: dict[str, Any] = {
    "account_a": pl.String(),
    "platform_a": pl.String(),
    "account_b": pl.String(),
    "platform_b": pl.String(),
    "time": pl.Datetime("us", "UTC"),
    "apart": pl.String(),
    "apart_platform": pl.String(),
}
