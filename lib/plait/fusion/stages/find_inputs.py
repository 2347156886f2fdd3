"""Finds and checks all inputs of a run before the first row is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from plait.clean.event_dialect import EventDialect
from plait.clean.keep_filter import parse_keep_filter
from plait.config import Project
from plait.fusion.kernels.consent_kernel import ConsentSplit
from plait.identity.keys.check_keys import check_identity_keys
from plait.sources.columns.source_mapping import check_expressions
from plait.sources.files.find_files import find_files
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.parquet_files import split_by_row_groups
from plait.sources.read_chunks import CHUNK_ROWS
from plait.sources.read_platform import consent_mapping, event_mapping
from plait.store.feedback.log_listing import LogListing, LogSlice, list_log
from plait.store.feedback.log_paths import (
    CONSENTS_FOLDER,
    ERASURES_FOLDER,
    EVENTS_FOLDER,
    IMPRESSIONS_FOLDER,
    LINKS_FOLDER,
)
from plait.store.store import Store

# Approximate bytes of memory per byte of a file while its bucket is processed, by compression.
_TEXT_GROWTH = 4.0
_PACKED_GROWTH = 14.0
_PARQUET_GROWTH = 12.0
_IMPRESSION_GROWTH = 50.0  # about ten rows share a recommendation, its time and its account
_RESPONSE_GROWTH = 4.0  # four columns of posted events are joined to impressions
BUCKET_BYTES = 256 * 2**20
MAX_BUCKETS = 1024


@dataclass(frozen=True)
class InputSplit:
    """A file of a platform's log, a part of one, or (platform null) a slice of the feedback log."""

    platform: str | None
    name: str
    file: SourceFile | None = None
    log_slice: LogSlice | None = None
    dialect: int = 0  # which of the platform's logs the file belongs to

    @classmethod
    def from_log_slice(cls, piece: LogSlice) -> InputSplit:
        """Returns the split that reads `piece`."""
        return cls(None, piece.path, log_slice=piece)

    @property
    def input_key(self) -> tuple[str, str]:
        """The setting that names the input ('' for the feedback log), and its path."""
        return (self.file.setting if self.file else "", self.name)


@dataclass(frozen=True)
class FusionInputs:
    """All inputs of a project.

    Attributes:
        splits: the input splits of the platforms' logs.
        events: the events of the feedback log.
        links: the links that were made over HTTP.
        impressions: the impressions that the endpoint wrote.
        erasures: the erasures.
        rules: the format of times and event types in each log, by the setting of the log.
        keep: the filter of each platform that has one.
        creator_platforms: the platforms whose creators are accounts.
        files: what a store version records about each file.
        buckets: the number of buckets that the logs need.
        skipped: the names of files without bytes.
        consents: the files of the logs of consent.
        posted_consents: what accounts said over HTTP about their consent.
        identity_log: what a version records about the identity log; null if it is empty.
        former_names: the present name of the platform for each former name.
    """

    splits: list[InputSplit]
    events: LogListing
    links: LogListing
    impressions: LogListing
    erasures: LogListing
    rules: Mapping[str, EventDialect]
    keep: Mapping[str, pl.Expr]
    creator_platforms: frozenset[str]
    files: list[dict[str, Any]]
    buckets: int
    skipped: tuple[str, ...] = ()
    consents: tuple[ConsentSplit, ...] = ()
    posted_consents: LogListing | None = None
    identity_log: dict[str, Any] | None = None
    former_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_splits(self) -> list[InputSplit]:
        """The input splits of a full run."""
        return [*self.splits, *map(InputSplit.from_log_slice, self.events.slices())]

    @property
    def records(self) -> list[dict[str, Any]]:
        """What a store version records about each input."""
        logged = [self.events, self.links, self.impressions, self.erasures]
        logged += [self.posted_consents] if self.posted_consents else []
        posted = [record for listing in logged for record in listing.records]
        return [*self.files, *posted, *([self.identity_log] if self.identity_log else [])]

    def impression_buckets(self, held: int) -> int:
        """Returns how many buckets the impressions need.

        The posted events count too: any of them may name a recommendation, however few are kept.

        Args:
            held: the bytes of impressions of the base version, which are added.
        """
        shown = (self.impressions.bytes + held) * _IMPRESSION_GROWTH
        return count_buckets(shown + self.events.bytes * _RESPONSE_GROWTH)


def find_inputs(project: Project, store: Store) -> FusionInputs:
    """Returns the inputs of `project`: its files, and the feedback log in its store.

    Raises:
        MissingFile, EmptyInput, UnreadableFile: an input cannot be used.
        UnknownEventType, BadFilter: the project file has an unknown event type or a bad filter.
    """
    check_identity_keys(project)
    rules, keep = {}, {}
    logs: list[SourceFile] = []
    others: list[SourceFile] = []
    splits: list[InputSplit] = []
    skipped: set[str] = set()
    consents: list[ConsentSplit] = []
    for name, platform in project.platforms.items():
        if platform.keep is not None:
            keep[name] = parse_keep_filter(platform.keep, f"platforms.{name}.events.keep")
        any_rows = False
        for index, log in enumerate(platform.events):
            where = platform.dialect_setting(name, index)
            rules[where] = EventDialect.of(where, log, platform)
            check_expressions(event_mapping(log), where)
            # One of several logs may be empty, but not all of them.
            last = index == len(platform.events) - 1
            found = find_files(
                project,
                log.files,
                log.file_format,
                where,
                otherwise=log.otherwise_format,
                may_be_empty=not last or any_rows,
            )
            any_rows = any_rows or bool(found)
            logs += found
            skipped.update(found.skipped)
            splits += [
                InputSplit(name, file.name, part, dialect=index)
                for file in found
                for part in split_by_row_groups(file, CHUNK_ROWS)
            ]
        for part, kind in ((platform.catalogue, "catalogue"), (platform.accounts, "accounts")):
            if part is not None:
                found = find_files(
                    project,
                    part.files,
                    part.file_format,
                    f"platforms.{name}.{kind}",
                    otherwise=part.otherwise_format,
                )
                others += found
                skipped.update(found.skipped)
        for index, consent in enumerate(platform.consent.logs if platform.consent else ()):
            found = find_files(
                project,
                consent.files,
                consent.file_format,
                f"platforms.{name}.consent.logs.{index}",
                otherwise=consent.otherwise_format,
                may_be_empty=True,  # nobody has said anything yet
            )
            check_expressions(consent_mapping(consent), f"platforms.{name}.consent.logs.{index}")
            others += found
            skipped.update(found.skipped)
            consents += [ConsentSplit(name, index, file) for file in found]
    events, links = list_log(store, EVENTS_FOLDER), list_log(store, LINKS_FOLDER)
    impressions = list_log(store, IMPRESSIONS_FOLDER)
    # A file may be named twice, for example as the log of two platforms.
    records = [{**file.record(), "setting": file.setting} for file in [*logs, *others]]
    of_accounts = frozenset(
        each
        for name, platform in project.platforms.items()
        if platform.creators == "accounts"
        for each in (name, *(platform.renamed_from or ()))
    )
    size = sum(file.bytes * _growth_factor(file) for file in logs) + events.bytes * _PARQUET_GROWTH
    return FusionInputs(
        splits,
        events,
        links,
        impressions,
        list_log(store, ERASURES_FOLDER),
        rules,
        keep,
        of_accounts,
        records,
        count_buckets(size),
        tuple(sorted(skipped)),
        consents=tuple(consents),
        posted_consents=list_log(store, CONSENTS_FOLDER),
        former_names=project.former_names,
    )


def _growth_factor(file: SourceFile) -> float:
    if file.format == "parquet":
        return _PARQUET_GROWTH
    return _PACKED_GROWTH if file.packed else _TEXT_GROWTH


def count_buckets(size: float) -> int:
    """Returns the number of buckets for `size` bytes: a power of two, at most MAX_BUCKETS.

    Each bucket holds about BUCKET_BYTES in memory.
    """
    buckets = 1
    while buckets * BUCKET_BYTES < size and buckets < MAX_BUCKETS:
        buckets *= 2
    return buckets
