"""What a dialect reader or the endpoint hands to cleaning: contract names, unchecked values."""

from __future__ import annotations

import polars as pl

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
