"""The raw rows of a log, and the rows of the feedback log that the endpoint writes."""

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
# with the account's pseudonym on its home platform (null on a platform with an account id space of
# its own).
FEEDBACK_EVENTS: dict[str, Any] = {
    **{name: kind for name, kind in EVENTS.polars.items() if name != "person"},
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
# One item that an answer of the endpoint showed. `account` is a pseudonym on
# `platform_of_account`; `person` is whom the endpoint took it for, null if unknown (fuse resolves
# the account again); `platform` is the item's. `position` counts from 1, `score` is unitless and
# higher is better, `propensity` is the probability (0 to 1) of showing this item there, `variant`
# is the model alias that answered. Several rows share one `recommendation_id`: one a position.
FEEDBACK_IMPRESSIONS: dict[str, Any] = {
    "recommendation_id": pl.String(),
    "time": pl.Datetime("us", "UTC"),
    "account": pl.String(),
    "platform_of_account": pl.String(),
    "person": pl.String(),
    "item_id": pl.String(),
    "platform": pl.String(),
    "position": pl.Int32(),
    "score": pl.Float32(),
    "propensity": pl.Float32(),
    "variant": pl.String(),
    "model": pl.String(),
    "model_version": pl.String(),
}
