"""Reads the feedback log, which holds what the endpoint accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from plait.contracts.consent_rows import CONSENT_STATEMENTS, PURPOSES
from plait.contracts.event_rows import FEEDBACK_CONSENTS
from plait.contracts.store_tables import EVENTS
from plait.contracts.table_schema import conform_rows
from plait.privacy.lift_pseudonyms import lift_columns
from plait.privacy.pseudonym import PseudonymKey
from plait.sources.read_chunks import CHUNK_ROWS
from plait.store.feedback.log_listing import LogSlice, read_slice
from plait.store.feedback.log_part import LOG_OBJECT
from plait.store.store import Store

CLEAN_EVENT_SCHEMA: dict[str, Any] = {
    name: k for name, k in EVENTS.polars.items() if name != "person"
}


def read_feedback(store: Store, piece: LogSlice) -> Iterator[pl.DataFrame]:
    """Yields the events of `piece` in chunks: EVENTS columns without `person`; home, file, row.

    `home` is the account's pseudonym on its home platform (identity.id_spaces.home_account), if
    the writer knew it. It cannot be computed later, because the log has no raw ids. `file` and
    `row` are the object that the event was first written to, and the position there. They stay
    the same when the log is compacted.
    """
    for rows in read_slice(store, piece):
        placed = conform_rows(rows, CLEAN_EVENT_SCHEMA | {"home": pl.String()}).with_columns(
            rows[LOG_OBJECT].alias("file"),
            rows.select(pl.int_range(1, pl.len() + 1).over(LOG_OBJECT).alias("row")).to_series(),
        )
        yield from placed.iter_slices(CHUNK_ROWS)


def read_posted_consents(
    store: Store, pieces: Sequence[LogSlice], key: PseudonymKey
) -> pl.DataFrame:
    """Returns CONSENT_STATEMENTS: what accounts said over HTTP in `pieces`."""
    parts = [
        conform_rows(rows, FEEDBACK_CONSENTS).unpivot(
            PURPOSES, index=["account", "platform", "time"],
            variable_name="purpose", value_name="allowed",
        )
        for piece in pieces
        for rows in read_slice(store, piece)
    ]  # fmt: skip
    said = pl.concat(parts) if parts else pl.DataFrame(schema=CONSENT_STATEMENTS)
    said = said.drop_nulls("allowed").select(list(CONSENT_STATEMENTS))
    return lift_columns(said, key, "account")
