"""The raw rows of a log, and the rows of the feedback log that the endpoint writes."""

from __future__ import annotations

from typing import Any

import polars as pl

from plait.contracts.consent_rows import PURPOSES
from plait.contracts.store_tables import EVENTS

# The unit separator. Names do not contain it, so a list can be joined to text and split again.
LIST_SEPARATOR = "\x1f"


# The type of a row in which no flag is true: it is known, and no event is wanted.
NO_FLAG = "$no_flag"


# The fields of logs and catalogues whose text has the decimal mark of the source. Times, ids and
# orders have a point.
NUMBER_FIELDS = frozenset({"value", "dwell", "rating", "price", "length"})


# All values are text, exactly as in the source. Cleaning parses them. So quarantine can show a bad
# value, and the same rules apply to files and HTTP bodies.
RAW_FIELDS: tuple[str, ...] = (
    "event_id", "account", "item", "topic", "creator", "query", "type", "time", "order",
    "value", "currency", "dwell", "rating", "session",
)  # fmt: skip
RAW_SCHEMA: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    **{name: pl.String() for name in RAW_FIELDS},
}


# An event of the feedback log: EVENTS columns without `person`, which the next fuse assigns, and
# the account's pseudonym on its home platform (null if the platform does not share its id space).
FEEDBACK_EVENTS: dict[str, Any] = {
    **{name: kind for name, kind in EVENTS.polars.items() if name != "person"},
    "home": pl.String(),
}
# A link of accounts a and b, or, if `apart` is set, an unlink of accounts a and `apart`. In an
# unlink, b equals a, so an older plait without unlinks reads a link without effect. `who` and `why`
# are null if the caller did not tell, and in the rows of an older plait.
FEEDBACK_LINKS: dict[str, Any] = {
    "account_a": pl.String(),
    "platform_a": pl.String(),
    "account_b": pl.String(),
    "platform_b": pl.String(),
    "time": pl.Datetime("us", "UTC"),
    "apart": pl.String(),
    "apart_platform": pl.String(),
    "who": pl.String(),
    "why": pl.String(),
}
# One id that an erasure named: an account's pseudonym or (`platform` null) a person id. Only hashes
# of it are kept: `erased` (SHA-256), and `mark` (SHA-1, which scripts of live state can compute).
# What happened up to `time` is erased; what follows belongs to a new person. All ids of one erasure
# have the same `receipt`.
FEEDBACK_ERASURES: dict[str, Any] = {
    "erased": pl.String(),
    "mark": pl.String(),
    "platform": pl.String(),
    "time": pl.Datetime("us", "UTC"),
    "receipt": pl.String(),
}
# What an account said over HTTP about its consent; null: nothing about that purpose.
FEEDBACK_CONSENTS: dict[str, Any] = {
    "account": pl.String(),
    "platform": pl.String(),
    "time": pl.Datetime("us", "UTC"),
    **dict.fromkeys(PURPOSES, pl.Boolean()),
    "who": pl.String(),
    "why": pl.String(),
}
# One item that a response of the endpoint showed. `account` is a pseudonym on
# `platform_of_account`. `person` is the person that the endpoint assumed, null if unknown; fuse
# resolves the account again. `platform` is the platform of the item. `position` counts from 1.
# `score` is unitless, and higher is better. `propensity` is the probability (0 to 1) of showing
# this item at this position. `variant` is the alias of the model. One `recommendation_id` has one
# row per position.
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
