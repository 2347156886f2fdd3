"""The impressions stage: joins all impressions, old and new, to the events they led to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.contracts.store_tables import ACCOUNTS, EVENTS, IMPRESSIONS, PEOPLE
from plait.contracts.table_schema import TableSchema
from plait.engine.engine import Engine
from plait.fusion.kernels.impression_kernels import (
    ImpressionBucketKernel,
    ImpressionRowKernel,
)
from plait.fusion.stages.find_inputs import FusionInputs
from plait.fusion.stages.rename_platforms import rename_platforms
from plait.privacy.erased_rows import without_erased
from plait.privacy.erasure import Erasures
from plait.privacy.lift_pseudonyms import lift_columns
from plait.privacy.pseudonym import PseudonymKey
from plait.sources.read_chunks import CHUNK_ROWS
from plait.store.feedback.log_listing import LogSlice, read_slice
from plait.store.storage_errors import translate_errors
from plait.store.store import Store
from plait.store.store_version import StoreVersion
from plait.store.table_files import list_data_files, scan_data_files


@dataclass(frozen=True)
class ImpressionSplit:
    """An input split: a slice of the feedback log, or a file of a table."""

    piece: LogSlice | None = None
    table: TableSchema = IMPRESSIONS
    path: str = ""


@dataclass(frozen=True)
class ImpressionReader:
    """Reads splits; the rows have columns of SHOWN_OR_DONE, and may have others.

    Attributes:
        store: the store with the feedback log and the tables.
        key: the pseudonym key; an impression may name an account under an older one of its chain.
        erasures: what was erased.
        names: the present name of the platform for each former name.
    """

    store: Store
    key: PseudonymKey
    erasures: Erasures
    names: Mapping[str, str]

    def __call__(self, split: ImpressionSplit) -> Iterator[pl.DataFrame]:
        """Yields the rows of `split` in chunks.

        Raises:
            UnreadableFile: a slice of the feedback log cannot be read.
            StoreError: the store cannot be read.
        """
        if split.piece is not None:
            for rows in read_slice(self.store, split.piece):
                shown = without_erased(rows, self.erasures)
                shown = shown.rename({"item_id": "item", "person": "person_served"})
                whole = shown.drop_nulls(["recommendation_id", "position", "item"])
                whole = lift_columns(whole, self.key, "account")
                yield from self._rename(whole).iter_slices(CHUNK_ROWS)
            return
        held = scan_data_files(self.store.location, split.table, [split.path])
        if split.table.name == EVENTS.name:
            naming = pl.col("recommendation_id").is_not_null() & (pl.col("object_kind") == "item")
            held = held.filter(naming).select(
                "recommendation_id", "strength", "time", item="object_id"
            )
        else:
            held = held.drop("strength")  # computed again
        with translate_errors(self.store.uri):
            rows = held.collect()
        if split.table.name == EVENTS.name:
            yield rows
        else:
            yield self._rename(without_erased(rows, self.erasures))

    def _rename(self, shown: pl.DataFrame) -> pl.DataFrame:
        columns = [name for name in ("platform", "platform_of_account") if name in shown.columns]
        return rename_platforms(shown, self.names, columns, {"item": "platform"})


def fuse_impressions(
    engine: Engine[Any],
    store: Store,
    inputs: FusionInputs,
    key: PseudonymKey,
    pieces: Sequence[LogSlice],
    base: StoreVersion | None,
    versions: Mapping[str, int],
    erasures: Erasures,
) -> tuple[int, int]:
    """Writes IMPRESSIONS; returns its Delta version and its number of rows.

    All impressions are joined again in each run. An event may arrive long after its impression,
    or before it, and an account may now belong to another person.

    Args:
        engine: the engine that moves the rows.
        store: the store with the tables.
        inputs: the inputs of the run, with the feedback log.
        key: the pseudonym key.
        pieces: the slices of the feedback log with new impressions.
        base: the version whose impressions are kept; null: none are kept.
        versions: the Delta versions of this run's events, accounts and people, by table name.
        erasures: all erasures; what they cover is left out.
    """
    writer = store.writer(IMPRESSIONS)
    held = store.parts(IMPRESSIONS.name, base) if base else []
    splits = [ImpressionSplit(piece) for piece in pieces]
    splits += [ImpressionSplit(path=part.path) for part in held]
    if not splits:
        return writer.commit(), 0

    def paths(table: TableSchema) -> tuple[str, ...]:
        return tuple(p.path for p in list_data_files(store.location, table, versions[table.name]))

    splits += [ImpressionSplit(table=EVENTS, path=path) for path in paths(EVENTS)]
    spill = engine.spill(inputs.impression_buckets(sum(part.size for part in held)))
    try:
        engine.map_splits(
            splits,
            ImpressionReader(store, key, erasures, inputs.former_names),
            ImpressionRowKernel(spill.buckets),
            spills={"shown": spill}, tables={}, merges={},
        )  # fmt: skip
        engine.map_buckets(
            spill, ImpressionBucketKernel(store, paths(ACCOUNTS), paths(PEOPLE)),
            tables={IMPRESSIONS.name: writer}, merges={},
        )  # fmt: skip
    finally:
        spill.close()
    return writer.commit(), writer.rows
