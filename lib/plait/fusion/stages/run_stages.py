"""The stages of a fuse that run on an engine: read, k-core, merge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from plait.clean.count_strengths import StrengthCounter
from plait.clean.denoise import DENOISE_COLUMNS, denoise
from plait.clean.strength_histogram import STRENGTH_BINS, merge_strength_bins
from plait.config import Project
from plait.config.denoise_settings import DenoiseSettings
from plait.contracts.store_tables import (
    ACCOUNTS,
    BOTS,
    EVENTS,
    QUARANTINE,
    REMOVED_EVENTS,
    SEQUENCES,
)
from plait.contracts.table_schema import TableSchema
from plait.engine.engine import BUCKET, Engine, Spill
from plait.errors import TooFewEvents
from plait.fusion.incremental.base_version import (
    ACCOUNT_COUNT_COLUMNS,
    CLEAN_EVENT_COLUMNS,
    LISTINGS_PREFIX,
    BaseBucketReader,
    BaseVersion,
)
from plait.fusion.incremental.touched_buckets import (
    ITEM_EVENT_COLUMNS,
    ReprocessKernel,
    count_base_items,
)
from plait.fusion.kernels.bucket_kernel import FusionBucketKernel, number_people
from plait.fusion.kernels.k_core import KCore, account_item_pairs
from plait.fusion.kernels.row_kernel import FusionRowKernel
from plait.fusion.row_counts import ROW_COUNTS, merge_counts
from plait.fusion.stages.check_platforms import check_platforms
from plait.fusion.stages.erase_people import rewrite_quarantine
from plait.fusion.stages.find_inputs import InputSplit
from plait.fusion.stages.peel_k_cores import peel_k_cores
from plait.fusion.stages.resolve_people import merge_seen_accounts
from plait.items.item_table import ITEM_COUNTS, merge_item_counts
from plait.privacy.erasure import Erasures
from plait.progress import track_progress
from plait.store.delta_tables import scan_table
from plait.store.failed_run import FailedRun, current_number, keep_failed_run
from plait.store.store import Store

_BUCKETED = (EVENTS, REMOVED_EVENTS, SEQUENCES)
_K_CORE_COLUMNS = (*DENOISE_COLUMNS, "stamped", "order", "content")


@dataclass
class FusionStages:
    """Reads, spills, merges and counts rows.

    Attributes:
        engine: the engine that moves the rows.
        store: the store that tables are written to.
        project: the project to fuse.
        base: the version whose untouched buckets are kept.
        buckets: the number of buckets.
        versions: the Delta version of each table written so far, by name.
        counts: partial ROW_COUNTS, those of the base version first.
        rows: the number of rows read.
    """

    engine: Engine[Any]
    store: Store
    project: Project
    base: BaseVersion
    buckets: int
    versions: dict[str, int] = field(default_factory=dict)
    counts: list[pl.DataFrame] = field(default_factory=list)
    rows: int = 0

    def __post_init__(self) -> None:
        self.counts.append(self.base.counts())
        self.spill: Spill = self.engine.spill(self.buckets)

    @property
    def noise(self) -> dict[str, DenoiseSettings]:
        """What is noise on each platform."""
        return {name: each.denoise for name, each in self.project.platforms.items()}

    def close(self) -> None:
        """Removes the spill."""
        self.spill.close()

    def read(
        self, splits: list[InputSplit], step: FusionRowKernel, listings: pl.DataFrame
    ) -> pl.DataFrame:
        """Cleans every split; returns account, platform, home, bucket of the accounts in it.

        Args:
            splits: the input splits.
            step: the row kernel.
            listings: QUARANTINE rows of catalogues and accounts.
        """
        quarantine = self.store.writer(QUARANTINE)
        quarantine.write(listings, prefix=LISTINGS_PREFIX)
        with track_progress("Reading", unit="rows") as progress:
            out = self.engine.map_splits(
                splits,
                step.read,
                step,
                spills={"events": self.spill},
                tables={"quarantine": quarantine},
                merges={"accounts": merge_seen_accounts, "counts": merge_counts},
                advance=progress.advance,
            )
        held, moved = rewrite_quarantine(self.store, self.base, quarantine)
        self.counts.append(moved)
        self.versions[QUARANTINE.name] = quarantine.commit(held)
        read = self._record_counts(out)
        self.rows += int(read.filter(pl.col("what") == "rows")["n"].sum())
        self._check_platforms()
        return out.get("accounts", self.base.seen.clear())

    def write(self, table: TableSchema, rows: pl.DataFrame) -> None:
        """Writes all rows of a table that is not bucketed."""
        writer = self.store.writer(table)
        writer.write(rows)
        self.versions[table.name] = writer.commit()

    def find_k_cores(self, placed: pl.DataFrame) -> dict[str, KCore]:
        """Returns the k-core of each platform with a k_core setting.

        Args:
            placed: account, bucket.
        """
        k_by_platform = {
            name: platform.k_core
            for name, platform in self.project.platforms.items()
            if platform.k_core is not None
        }
        if not k_by_platform:
            return {}
        step = FusionBucketKernel({}, self.project.sequence_length)
        noise = self.noise
        names = list(k_by_platform)
        return peel_k_cores(
            self.engine,
            self.spill,
            lambda _, rows, people: {
                "pairs": account_item_pairs(
                    denoise(step.deduplicate(rows, people)[0], noise).events, names
                )
            },
            k_by_platform,
            side_input=number_people(placed.with_columns(person="account")),
            columns=_K_CORE_COLUMNS,
        )

    def reprocess(
        self, touched: set[int], placed: pl.DataFrame, counter: StrengthCounter | None = None
    ) -> pl.DataFrame:
        """Spills the events of `touched` buckets of the base version, to merge them with new rows.

        Args:
            touched: the numbers of the touched buckets.
            placed: account, bucket: the bucket of each account.
            counter: counts what strengths are learned from.

        Returns:
            Negative STRENGTH_BINS of the events that the base version kept of these buckets.
        """
        out = self.engine.map_splits(
            self.base.reprocessed_buckets(touched),
            BaseBucketReader(self.store, CLEAN_EVENT_COLUMNS),
            ReprocessKernel(
                placed.select("account", BUCKET), counter, self.base.erasures or Erasures()
            ),
            spills={"events": self.spill},
            tables={},
            merges={"counts": merge_counts, "strength_bins": merge_strength_bins},
        )
        self._record_counts(out)
        return out.get("strength_bins", pl.DataFrame(schema=STRENGTH_BINS))

    def count_strengths(
        self, step: FusionBucketKernel, placed: pl.DataFrame, counter: StrengthCounter
    ) -> pl.DataFrame:
        """Returns STRENGTH_BINS of the events that stay, of all spilled rows.

        Args:
            step: the bucket kernel.
            placed: account, bucket, person.
            counter: counts what strengths are learned from.
        """
        out = self.engine.map_buckets(
            self.spill,
            lambda _, rows, people: {"strength_bins": counter(step.keep(rows, people).events)},
            side_input=number_people(placed),
            tables={},
            merges={"strength_bins": merge_strength_bins},
            columns=_K_CORE_COLUMNS,
        )
        return out.get("strength_bins", pl.DataFrame(schema=STRENGTH_BINS))

    def merge_events(
        self, step: FusionBucketKernel, placed: pl.DataFrame, touched: set[int]
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Writes events, removed events and sequences of `touched` buckets; keeps all others.

        It writes BOTS too.

        Args:
            step: the bucket kernel.
            placed: account, bucket, person.
            touched: the numbers of the touched buckets.

        Returns:
            The event counts of accounts, and of items, over all buckets.
        """
        writers = {table.name: self.store.writer(table) for table in _BUCKETED}
        with track_progress("Merging", self.spill.rows, "events") as progress:
            out = self.engine.map_buckets(
                self.spill,
                step,
                side_input=number_people(placed.filter(pl.col(BUCKET).is_in(touched))),
                tables=writers,
                merges={
                    "items": merge_item_counts,
                    "accounts": lambda frame: frame,
                    "bots": lambda frame: frame,
                    "counts": merge_counts,
                },
                advance=progress.advance,
            )
        self._record_counts(out)
        self._check_platforms()
        for name, writer in writers.items():
            self.versions[name] = writer.commit(self.base.parts_outside(name, touched))
        bots = pl.concat([out.get(BOTS.name, BOTS.empty()), self.base.bots(touched)])
        self.write(BOTS, bots.sort("account"))
        accounts = out.get("accounts", ACCOUNTS.empty().select(ACCOUNT_COUNT_COLUMNS))
        items = out.get("items", pl.DataFrame(schema=ITEM_COUNTS))
        both = pl.concat([accounts, self.base.account_counts(touched)])
        return both, self._merge_item_counts(items, touched)

    def _merge_item_counts(self, counted: pl.DataFrame, touched: set[int]) -> pl.DataFrame:
        """Returns the item counts of all buckets; `counted` has those of the touched ones."""
        out = self.engine.map_splits(
            self.base.event_buckets(lambda bucket: bucket not in touched),
            BaseBucketReader(self.store, ITEM_EVENT_COLUMNS),
            count_base_items,
            spills={},
            tables={},
            merges={"items": merge_item_counts},
        )
        return merge_item_counts(pl.concat([counted, out["items"]])) if out else counted

    def _record_counts(self, out: dict[str, pl.DataFrame]) -> pl.DataFrame:
        counts = out.get("counts", pl.DataFrame(schema=ROW_COUNTS))
        self.counts.append(counts)
        return counts

    def _check_platforms(self) -> None:
        """Raises TooFewEvents if a platform has no event; keeps the quarantine to look at."""
        quarantine = self.versions[QUARANTINE.name]
        try:
            check_platforms(
                merge_counts(pl.concat(self.counts)),
                self.project,
                scan_table(self.store.location, QUARANTINE, quarantine),
            )
        except TooFewEvents as error:
            kept = {QUARANTINE.name: quarantine}
            run = FailedRun(current_number(self.store), str(error), kept)
            keep_failed_run(self.store, run)
            raise
