"""Everything a run reads, checked before the first row is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.clean.event_dialect import EventDialect
from plait.clean.keep_filter import parse_keep_filter
from plait.config import Project
from plait.identity.identity_keys import check_identity_keys
from plait.sources.find_files import SourceFile, find_files
from plait.sources.parquet_files import split_by_row_groups
from plait.sources.read_chunks import CHUNK_ROWS
from plait.store.feedback.log_listing import LogListing, LogSlice, list_log
from plait.store.feedback.log_paths import EVENTS_FOLDER, IMPRESSIONS_FOLDER, LINKS_FOLDER
from plait.store.store import Store

# Bytes of memory one byte of a file becomes, roughly, while a bucket is worked on.
_MEMORY_GROWTH = {".gz": 14.0, ".zst": 14.0, "": 4.0}
_PARQUET_GROWTH = 12.0
_IMPRESSION_GROWTH = 50.0  # ten rows share an answer, its time and its account
_RESPONSE_GROWTH = 4.0  # of posted events, four columns lie beside impressions
BUCKET_BYTES = 256 * 2**20
MAX_BUCKETS = 1024


@dataclass(frozen=True)
class InputSplit:
    """One file, or part of one, of a platform's log; platform null: a piece of the feedback log."""

    platform: str | None
    name: str
    file: SourceFile | None = None
    log_slice: LogSlice | None = None

    @classmethod
    def from_log_slice(cls, piece: LogSlice) -> InputSplit:
        """Returns the split that is `piece`."""
        return cls(None, piece.path, log_slice=piece)

    @property
    def input_key(self) -> tuple[str, str]:
        """The setting that names it ('' for the feedback log), and its path."""
        return (self.file.setting if self.file else "", self.name)


@dataclass(frozen=True)
class FusionInputs:
    """Everything a run may read.

    Attributes:
        splits: the logs.
        events: the events of the feedback log.
        links: the links that were made over HTTP.
        impressions: what the endpoint showed.
        rules: how each platform's log writes times and types.
        keep: by platform that has one, its filter.
        of_accounts: platforms whose creators are accounts.
        files: what a store version keeps about every file.
        buckets: how many the logs need.
    """

    splits: list[InputSplit]
    events: LogListing
    links: LogListing
    impressions: LogListing
    rules: Mapping[str, EventDialect]
    keep: Mapping[str, pl.Expr]
    creator_platforms: frozenset[str]
    files: list[dict[str, Any]]
    buckets: int

    @property
    def all_splits(self) -> list[InputSplit]:
        """All that a run over everything reads."""
        return [*self.splits, *map(InputSplit.from_log_slice, self.events.slices())]

    @property
    def records(self) -> list[dict[str, Any]]:
        """What a store version keeps about every input."""
        logged = (self.events, self.links, self.impressions)
        return [*self.files, *(record for listing in logged for record in listing.records)]

    def impression_buckets(self, held: int) -> int:
        """Returns how many buckets impressions need, beside `held` bytes of the base version's.

        The posted events count too: any of them may name an answer, however few are kept.
        """
        shown = (self.impressions.bytes + held) * _IMPRESSION_GROWTH
        return count_buckets(shown + self.events.bytes * _RESPONSE_GROWTH)


def find_inputs(project: Project, store: Store) -> FusionInputs:
    """Returns the inputs of `project`: its files, and the feedback log in its store.

    Raises:
        MissingFile, EmptyInput, UnreadableFile: an input cannot be used.
        UnknownEventType, BadFilter: the project file asks for what does not exist.
    """
    check_identity_keys(project)
    rules, keep = {}, {}
    logs: list[SourceFile] = []
    others: list[SourceFile] = []
    splits: list[InputSplit] = []
    for name, platform in project.platforms.items():
        rules[name] = EventDialect.of(name, platform.events)
        if platform.events.keep is not None:
            keep[name] = parse_keep_filter(platform.events.keep, f"platforms.{name}.events.keep")
        where = f"platforms.{name}"
        found = find_files(
            project, platform.events.files, platform.events.format, f"{where}.events"
        )
        logs += found
        splits += [
            InputSplit(name, file.name, part)
            for file in found
            for part in split_by_row_groups(file, CHUNK_ROWS)
        ]
        for part, kind in ((platform.catalogue, "catalogue"), (platform.accounts, "accounts")):
            if part is not None:
                others += find_files(project, part.files, part.format, f"{where}.{kind}")
    events, links = list_log(store, EVENTS_FOLDER), list_log(store, LINKS_FOLDER)
    impressions = list_log(store, IMPRESSIONS_FOLDER)
    # One file may be named twice, say as two platforms' log.
    records = [{**file.record(), "setting": file.setting} for file in [*logs, *others]]
    of_accounts = frozenset(name for name, r in rules.items() if r.creators == "accounts")
    size = sum(file.bytes * _growth_factor(file) for file in logs) + events.bytes * _PARQUET_GROWTH
    return FusionInputs(
        splits, events, links, impressions, rules, keep, of_accounts, records, count_buckets(size)
    )


def _growth_factor(file: SourceFile) -> float:
    return _PARQUET_GROWTH if file.format == "parquet" else _MEMORY_GROWTH[file.packed]


def count_buckets(size: float) -> int:
    """Returns how many buckets keep `size` bytes in memory at BUCKET_BYTES each, a power of two."""
    buckets = 1
    while buckets * BUCKET_BYTES < size and buckets < MAX_BUCKETS:
        buckets *= 2
    return buckets
