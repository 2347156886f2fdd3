"""The base version of an incremental run. The next version keeps its untouched buckets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

import polars as pl
from deltalake.transaction import AddAction

from plait.clean.denoise import REMOVED_AS
from plait.clean.strength_histogram import STRENGTH_BINS
from plait.contracts.store_tables import ACCOUNTS, BOTS, EVENTS, ITEMS, REMOVED_EVENTS
from plait.contracts.table_schema import TableSchema
from plait.engine.engine import BUCKET
from plait.errors import StoreError
from plait.fusion.row_counts import ROW_COUNTS, counts_from_record
from plait.privacy.erasure import Erasures
from plait.store.storage_errors import translate_errors
from plait.store.store import Store
from plait.store.store_version import StoreVersion
from plait.store.table_files import bucket_of_file, scan_data_files

CLEAN_EVENT_COLUMNS = tuple(name for name in EVENTS.columns if name != "person")
ACCOUNT_COUNT_COLUMNS = ("account", "events", "first_time", "last_time")
# Data files of quarantine with rows of catalogues and accounts, which every run reads anew.
LISTINGS_PREFIX = "listings"
STRENGTH_BINS_KEY = "kept_strength_bins"  # of a version's `learned`
SEEN_ACCOUNT_COLUMNS = ("account", "platform", "home", BUCKET)


@dataclass(frozen=True)
class BaseBucket:
    """One bucket of the base version: the paths of the files that hold its events.

    Attributes:
        bucket: the number of the bucket.
        paths: the paths of the files.
        table: EVENTS, or REMOVED_EVENTS.
    """

    bucket: int
    paths: tuple[str, ...]
    table: TableSchema = EVENTS


@dataclass(frozen=True)
class BaseVersion:
    """The contents of the base version. They are empty if there is no base version.

    Attributes:
        store: the store that holds it.
        version: the version, or null if every row is new.
        erasures: those that the version does not know; null: none.
        emptied: accounts of which all events are about an account that was erased since.
    """

    store: Store
    version: StoreVersion | None
    erasures: Erasures | None = None
    emptied: frozenset[str] = frozenset()

    @cached_property
    def accounts(self) -> pl.DataFrame:
        """The ACCOUNTS table of the version."""
        if self.version is None:
            return ACCOUNTS.empty()
        return self.store.read("accounts", self.version)

    @cached_property
    def _parts(self) -> dict[str, list[AddAction]]:
        version = self.version
        names = ("events", "removed_events", "sequences", "quarantine") if version else ()
        return {name: self.store.parts(name, version) for name in names if version}

    @property
    def seen(self) -> pl.DataFrame:
        """account, platform, home, bucket of every account with events that are not erased."""
        placed = self.accounts.filter(pl.col(BUCKET).is_not_null())
        if self.erasures:
            gone = self.erasures.covers(placed["account"], placed["last_time"])
            placed = placed.filter(~gone & ~pl.col("account").is_in(list(self.emptied)))
        return placed.select(SEEN_ACCOUNT_COLUMNS)

    @property
    def erased_buckets(self) -> set[int]:
        """The buckets with accounts that were erased since."""
        if not self.erasures:
            return set()
        gone = self.accounts.filter(self.erasures.covers(self.accounts["account"]))
        return set(gone[BUCKET].drop_nulls().unique())

    def account_counts(self, touched: Collection[int]) -> pl.DataFrame:
        """Returns account, events, first_time, last_time of accounts outside `touched` buckets."""
        here = pl.col(BUCKET).is_not_null() & ~pl.col(BUCKET).is_in(list(touched))
        return self.accounts.filter(here & (pl.col("events") > 0)).select(ACCOUNT_COUNT_COLUMNS)

    def counts(self) -> pl.DataFrame:
        """Returns the row counts of the version, as ROW_COUNTS."""
        if self.version is None:
            return pl.DataFrame(schema=ROW_COUNTS)
        return counts_from_record(self.version.counts["platforms"])

    def bots(self, touched: Collection[int]) -> pl.DataFrame:
        """Returns BOTS of the version, without the accounts in `touched` buckets."""
        if self.version is None:
            return BOTS.empty()
        outside = self.accounts.filter(~pl.col(BUCKET).is_in(list(touched)))
        return self.store.read(BOTS.name, self.version).join(outside, on="account", how="semi")

    @property
    def lengths(self) -> pl.DataFrame:
        """item, length_s (null where unknown) of every item with events in the version."""
        if self.version is None:
            return ITEMS.empty().select("item", "length_s")
        items = self.store.scan(ITEMS.name, self.version).filter(pl.col("events") > 0)
        return items.select("item", "length_s").collect()

    @property
    def strength_bins(self) -> pl.DataFrame | None:
        """STRENGTH_BINS of the version's events; null if it has none, or those of older plaits."""
        held = self.version.learned.get(STRENGTH_BINS_KEY) if self.version else None
        return None if held is None else pl.DataFrame(held, schema=STRENGTH_BINS, orient="row")

    def parts(self, table: str) -> list[AddAction]:
        """Returns the files of `table` with what earlier runs read and this one does not."""
        parts = self._parts[table] if self.version else []
        return [part for part in parts if not part.path.startswith(LISTINGS_PREFIX)]

    def parts_outside(self, table: str, touched: Collection[int]) -> list[AddAction]:
        """Returns the files of `table` outside the `touched` buckets."""
        return [part for part in self.parts(table) if bucket_of_file(part) not in touched]

    def event_buckets(
        self, wanted: Callable[[int], bool], table: TableSchema = EVENTS
    ) -> list[BaseBucket]:
        """Returns the buckets with rows of `table` that are `wanted`, in order of their numbers."""
        files: dict[int, list[str]] = {}
        for part in self.parts(table.name):
            if wanted(bucket_of_file(part)):
                files.setdefault(bucket_of_file(part), []).append(part.path)
        return [BaseBucket(bucket, tuple(paths), table) for bucket, paths in sorted(files.items())]

    def reprocessed_buckets(self, touched: Collection[int]) -> list[BaseBucket]:
        """Returns the `touched` buckets, with the events that noise was removed from, and it."""
        wanted = set(touched).__contains__
        return self.event_buckets(wanted) + self.event_buckets(wanted, REMOVED_EVENTS)


@dataclass(frozen=True)
class BaseBucketReader:
    """Reads all events of a bucket as one chunk, so that a person's events stay together.

    Attributes:
        store: the store that holds the events.
        columns: the columns to read; `removed_as` too, where a table has it.
        rows: a filter on the rows to read; default: all rows.
    """

    store: Store
    columns: tuple[str, ...]
    rows: pl.Expr | None = None

    def __call__(self, held: BaseBucket) -> Iterator[pl.DataFrame]:
        """Yields the rows of `held` as one frame.

        Raises:
            StoreError: the rows cannot be read.
        """
        events = scan_data_files(self.store.location, held.table, held.paths)
        columns = self.columns + ((REMOVED_AS,) if REMOVED_AS in held.table.columns else ())
        if self.rows is not None:
            events = events.filter(self.rows)
        with translate_errors(self.store.uri):
            try:
                rows = events.select(columns).collect()
            except FileNotFoundError:
                raise StoreError(
                    f"a data file of the current version is missing from '{self.store.uri}'.",
                    fix="Read all files again: plait fuse --full",
                ) from None
        yield rows
