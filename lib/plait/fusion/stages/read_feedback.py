"""Reads the feedback log, which holds the events and links that the endpoint accepted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from plait.contracts.consent_rows import CONSENT_STATEMENTS, PURPOSES
from plait.contracts.event_rows import FEEDBACK_CONSENTS, FEEDBACK_LINKS
from plait.contracts.store_tables import EVENTS
from plait.contracts.table_schema import conform_rows
from plait.identity.standing_links import LINK_ASSERTIONS
from plait.privacy.erased_rows import without_erased
from plait.privacy.erasure import Erasures
from plait.privacy.lift_pseudonyms import lift_columns
from plait.privacy.pseudonym import PseudonymKey
from plait.sources.read_chunks import CHUNK_ROWS
from plait.store.feedback.log_listing import LogSlice, read_slice
from plait.store.feedback.log_part import LOG_OBJECT
from plait.store.feedback.log_paths import id_span
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


def read_link_assertions(
    store: Store, pieces: Sequence[LogSlice], key: PseudonymKey, erasures: Erasures | None = None
) -> pl.DataFrame:
    """Returns LINK_ASSERTIONS under the newest key: what was asserted in `pieces`.

    What `erasures` name is left out.

    `ms` and `number` order the objects as in the stream that they were drained from; `row` orders
    the rows of an object.
    """
    heeded = erasures or Erasures()
    parts = [
        _link_assertions(without_erased(rows, heeded))
        for piece in pieces
        for rows in read_slice(store, piece)
    ]
    found = pl.concat(parts) if parts else pl.DataFrame(schema=LINK_ASSERTIONS)
    return lift_columns(found, key, "account_a", "account_b")


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


def _link_assertions(rows: pl.DataFrame) -> pl.DataFrame:
    links, apart = conform_rows(rows, FEEDBACK_LINKS), pl.col("apart").is_not_null()
    first = {path: found[0] for path in rows[LOG_OBJECT].unique() if (found := id_span(path))}
    path = rows[LOG_OBJECT]
    return links.select(
        "account_a",
        "platform_a",
        pl.coalesce("apart", "account_b").alias("account_b"),
        pl.when(apart).then("apart_platform").otherwise("platform_b").alias("platform_b"),
        ~apart.alias("joined"),
        # The name of an object may have no stream id. Then the time of the rows is used.
        _lookup(path, {name: id_[0] for name, id_ in first.items()}, "ms").fill_null(
            pl.col("time").dt.epoch("ms")
        ),
        _lookup(path, {name: id_[1] for name, id_ in first.items()}, "number"),
        path.alias("object"),
        rows.select(pl.int_range(pl.len()).over(LOG_OBJECT).alias("row")).to_series(),
    ).select(pl.col(name).cast(kind) for name, kind in LINK_ASSERTIONS.items())


def _lookup(paths: pl.Series, numbers: Mapping[str, int], name: str) -> pl.Expr:
    found: pl.Expr = pl.lit(
        paths.replace_strict(numbers, default=None, return_dtype=pl.Int64).alias(name)
    )
    return found
