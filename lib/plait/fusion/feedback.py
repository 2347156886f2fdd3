"""The feedback log: what the endpoint accepted since, read as one more source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from plait.contracts.feedback import LINKS as ASSERTED
from plait.contracts.tables import EVENTS
from plait.sources.read import CHUNK
from plait.store.feedback.listing import Piece, read_piece
from plait.store.feedback.part import OBJECT
from plait.store.store import Store

CLEAN: dict[str, Any] = {name: k for name, k in EVENTS.polars.items() if name != "person"}
LINKS: dict[str, Any] = {name: kind for name, kind in ASSERTED.items() if name != "time"}


def read_feedback(store: Store, piece: Piece) -> Iterator[pl.DataFrame]:
    """Yields the events of `piece` in chunks: EVENTS columns but `person`, home, file and row.

    `home` is the account's pseudonym on its home platform (identity.groups.home_account) where
    the writer knew it; raw ids are not in the log, so it cannot be worked out later. File and
    row are the object that an event was written in and its place there, whatever holds it now.
    """
    for rows in read_piece(store, piece):
        placed = _conform(rows, CLEAN | {"home": pl.String()}).with_columns(
            rows[OBJECT].alias("file"),
            rows.select(pl.int_range(1, pl.len() + 1).over(OBJECT).alias("row")).to_series(),
        )
        yield from placed.iter_slices(CHUNK)


def read_links(store: Store, pieces: Sequence[Piece]) -> pl.DataFrame:
    """Returns account_a, platform_a, account_b, platform_b of every link asserted in `pieces`."""
    parts = [_conform(rows, LINKS) for piece in pieces for rows in read_piece(store, piece)]
    return pl.concat(parts).unique() if parts else pl.DataFrame(schema=LINKS)


def _conform(frame: pl.DataFrame, schema: Mapping[str, Any]) -> pl.DataFrame:
    return frame.select(
        pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in schema.items()
    )
