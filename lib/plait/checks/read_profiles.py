"""Reads every log once, as fuse would, and profiles it."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from plait.checks.log_profile import LogProfile, merge_profiles
from plait.checks.profile_chunk import profile_chunk
from plait.clean.event_dialect import EventDialect
from plait.clean.keep_filter import parse_keep_filter
from plait.config import Project
from plait.config.event_settings import Events
from plait.engine.engine import BUCKET
from plait.errors import PlaitError
from plait.fusion.kernels.row_kernel import FusionRowKernel
from plait.fusion.partitioner import Partitioner
from plait.fusion.stages.find_inputs import FusionInputs, InputSplit
from plait.privacy.pseudonym import PseudonymKey
from plait.progress import ProgressTask, track_progress
from plait.sources.columns.source_mapping import check_expressions
from plait.sources.files.find_files import find_files
from plait.sources.files.source_file import FoundFiles
from plait.sources.read_chunks import CHUNK_ROWS
from plait.sources.read_platform import event_mapping, read_events
from plait.store.feedback.log_listing import list_log
from plait.store.feedback.log_paths import EVENTS_FOLDER
from plait.store.store import Store

_PROGRESS_BYTES = 1000  # bytes of files that progress counts as one
_MERGE_EVERY = 8  # chunks whose profiles are added at once


@dataclass(frozen=True)
class ProfiledLog:
    """A log and its profile.

    Attributes:
        platform: its platform.
        setting: the setting of the log, such as platforms.shop.events.
        events: the settings of the log.
        rules: its dialect.
        profile: what was counted.
    """

    platform: str
    setting: str
    events: Events
    rules: EventDialect
    profile: LogProfile


def throw_away_key() -> PseudonymKey:
    """Returns a pseudonym key of this run only. Nothing that is made with it is kept."""
    return PseudonymKey(secrets.token_hex(32))


def read_profiles(
    project: Project, key: PseudonymKey, now: datetime, sample: int | None = None
) -> list[ProfiledLog]:
    """Returns the profile of every log of the project. Files that cannot be read are in it.

    Args:
        project: the project.
        key: the key of the pseudonyms in the profiles.
        now: the current time.
        sample: the maximum number of rows to read of each file. Default: all.

    Raises:
        UnknownEventType, BadFilter, ConfigError: the project file has an unknown event type, a bad
            filter or a bad expression.
    """
    rules: dict[str, EventDialect] = {}
    found: list[tuple[str, int, FoundFiles, LogProfile]] = []
    for name, platform in project.platforms.items():
        for n, log in enumerate(platform.events):
            setting = platform.dialect_setting(name, n)
            rules[setting] = EventDialect.of(setting, log, platform)
            check_expressions(event_mapping(log), setting)
            try:
                files = find_files(
                    project, log.files, log.file_format, setting, otherwise=log.otherwise_format
                )
                found.append((name, n, files, LogProfile(empty_files=list(files.skipped))))
            except PlaitError as error:
                lost = {setting: (error.headline, str(error))}
                found.append((name, n, FoundFiles(()), LogProfile(lost_files=lost)))
    logs: list[ProfiledLog] = []
    total = sum(file.bytes for _, _, files, _ in found for file in files) / _PROGRESS_BYTES
    with tempfile.TemporaryDirectory() as nowhere, track_progress("checking", total, "kB") as bar:
        # The kernel reads feedback from its store. This one has none, and is gone afterwards.
        kernel = _row_kernel(project, Store(nowhere), rules, key, now)
        for name, n, files, profile in found:
            setting = project.platforms[name].dialect_setting(name, n)
            log = project.platforms[name].events[n]
            reader = _LogReader(kernel, name, n, log, rules[setting], sample)
            counted = merge_profiles([profile, *reader.read(files, bar)])
            logs.append(ProfiledLog(name, setting, log, rules[setting], counted))
    return logs


@dataclass(frozen=True)
class _LogReader:
    """Reads the files of one log.

    Attributes:
        kernel: the row kernel of fuse.
        platform: the platform of the log.
        dialect: which of the platform's logs it is.
        events: its settings.
        rules: its dialect.
        sample: the maximum number of rows of a file; null: all.
    """

    kernel: FusionRowKernel
    platform: str
    dialect: int
    events: Events
    rules: EventDialect
    sample: int | None

    def read(self, files: FoundFiles, progress: ProgressTask) -> Iterator[LogProfile]:
        """Yields one profile a file."""
        for file in files:
            profile = LogProfile(files=[file.name])
            left = file.bytes
            split = InputSplit(self.platform, file.name, file, dialect=self.dialect)
            try:
                lacking: list[str] = []
                waiting = [profile]
                for part, size in self._profiles(split, lacking):
                    waiting.append(part)
                    step = min(size, left)
                    left -= step
                    progress.advance(step / _PROGRESS_BYTES, note=file.name)
                    if len(waiting) > _MERGE_EVERY:
                        waiting = [merge_profiles(waiting)]
                waiting.append(LogProfile(lacking={path: [file.name] for path in lacking}))
                profile = merge_profiles(waiting)
                if not profile.rows:
                    profile.empty_files.append(file.name)
            except PlaitError as error:
                profile.lost_files[file.name] = (error.headline, str(error))
            progress.advance(left / _PROGRESS_BYTES)
            yield profile

    def _profiles(self, split: InputSplit, lacking: list[str]) -> Iterator[tuple[LogProfile, int]]:
        """Yields the profile of each chunk, and about how many bytes it has in memory.

        The paths that the file lacks are added to `lacking`.
        """
        if split.file is None:
            return
        left = self.sample
        chunk = CHUNK_ROWS if left is None else min(left, CHUNK_ROWS)
        for raw in read_events(split.file, self.events, chunk, lacking):
            rows = raw if left is None else raw.head(left)
            if rows.height:
                profile = profile_chunk(rows, self.kernel(split, rows), self.rules)
                yield profile, int(rows.estimated_size())
            if left is not None:
                left -= rows.height
                if left <= 0:
                    return


def _row_kernel(
    project: Project,
    store: Store,
    rules: dict[str, EventDialect],
    key: PseudonymKey,
    now: datetime,
) -> FusionRowKernel:
    """Returns the row kernel of fuse for logs alone: no feedback, and one bucket."""
    keep = {
        name: parse_keep_filter(platform.keep, f"platforms.{name}.events.keep")
        for name, platform in project.platforms.items()
        if platform.keep is not None
    }
    of_accounts = frozenset(n for n, p in project.platforms.items() if p.creators == "accounts")
    none = list_log(store, EVENTS_FOLDER)
    inputs = FusionInputs([], none, none, none, none, rules, keep, of_accounts, [], 1)
    partitioner = Partitioner(1, pl.DataFrame(schema={"node": pl.String, BUCKET: pl.Int64}))
    return FusionRowKernel(project, store, inputs, key, now, partitioner)
