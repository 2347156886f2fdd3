"""Plans a run: decides whether it reads only new inputs, or all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from plait.config import Project
from plait.contracts.store_tables import ADDED_TABLES
from plait.contracts.table_schema import CONTRACT_VERSION
from plait.fusion.incremental.fuse_settings import changed_settings, requires_reread
from plait.fusion.stages.find_inputs import FusionInputs, InputSplit
from plait.identity.assertions.identity_log import IDENTITY_LOG
from plait.store.feedback.log_listing import LogSlice
from plait.store.store_version import StoreVersion

_REPARTITION_FACTOR = 4  # repartition if this many times the buckets of the store are needed
_MAX_NAMED = 3  # names listed in a reason
InputKey = tuple[str, str]  # the setting that names an input, and its path


@dataclass(frozen=True)
class FusionPlan:
    """What a run reads, and the version that it builds on.

    Attributes:
        base: the version whose untouched buckets are kept; null: everything is read.
        why: the reason to read everything although there is a current version; else ''.
        splits: the input splits to read.
        buckets: the number of buckets.
        files: the number of new or changed inputs.
        changed: whether anything differs from the current version.
        impressions: slices of the feedback log whose impressions are read.
        shown: the version whose impressions are kept in addition; null: none are kept.
        skipped: the names of files without bytes.
    """

    base: StoreVersion | None
    why: str
    splits: list[InputSplit]
    buckets: int
    files: int
    changed: bool = True
    impressions: tuple[LogSlice, ...] = ()
    shown: StoreVersion | None = None
    skipped: tuple[str, ...] = ()

    def record(self, rows: int = 0, rewritten: int = 0, rounds: int = 0) -> dict[str, Any]:
        """Returns the `run` record of the store version that this run publishes.

        Args:
            rows: the number of rows read.
            rewritten: the number of buckets written.
            rounds: the rounds that connected components took; 0: their edges fit in memory.
        """
        mode = "full" if self.base is None else "incremental" if self.changed else "none"
        record: dict[str, Any] = {
            "mode": mode,
            "why": self.why,
            "files": self.files,
            "rows": rows,
            "buckets": self.buckets,
            "rewritten": rewritten,
        }
        record |= {"rounds": rounds} if rounds else {}
        return record | ({"skipped": list(self.skipped)} if self.skipped else {})


def plan_fusion(
    project: Project,
    inputs: FusionInputs,
    settings: Mapping[str, Any],
    before: StoreVersion | None,
    *,
    full: bool = False,
) -> FusionPlan:
    """Returns the plan of a run.

    Args:
        project: the project to fuse.
        inputs: all inputs of the project.
        settings: the settings of this run; see fuse_settings.
        before: the current version, if there is one.
        full: read everything, even if only some inputs changed.
    """
    everything = FusionPlan(
        None, "", inputs.all_splits, inputs.buckets, len(inputs.records),
        impressions=tuple(inputs.impressions.slices()), skipped=inputs.skipped,
    )  # fmt: skip
    if before is None:
        return everything
    if full:
        return replace(everything, why="a full run was requested")
    now = {_input_key(record): record for record in inputs.files}
    posted = {_input_key(record): record for record in inputs.events.records}
    known = {_input_key(record): record for record in before.inputs}
    files = {place: record for place, record in known.items() if place[0]}
    read = {path for setting, path in known if not setting}
    events, links = inputs.events.unread(read), inputs.links.unread(read)
    shown, erased = inputs.impressions.unread(read), inputs.erasures.unread(read)
    consents = inputs.posted_consents.unread(read) if inputs.posted_consents else []
    lost = bool(inputs.impressions.missing(read))  # then earlier impressions are read again too
    why = _why_outdated(before, settings) or _why_rewritten(
        known, now | posted, inputs.events.missing(read)
    )
    unread = (events, links, shown, erased, consents)
    asserted = known.get(("", IDENTITY_LOG)) != inputs.identity_log
    same = not (any(unread) or lost or asserted or inputs.links.missing(read)) and now == files
    if not why and same and before.settings == settings:
        return FusionPlan(before, "", [], before.buckets, 0, changed=False, skipped=inputs.skipped)
    why = why or _why_repartition(project, inputs, before)
    if why:
        return replace(everything, why=why)
    new = [split for split in inputs.splits if split.input_key not in known]
    count = sum(files.get(place) != record for place, record in now.items())
    new += map(InputSplit.from_log_slice, events)
    count += sum(map(len, unread)) + (asserted and not links)
    return FusionPlan(
        before, "", new, before.buckets, count,
        impressions=everything.impressions if lost else tuple(shown),
        shown=None if lost else before, skipped=inputs.skipped,
    )  # fmt: skip


def _input_key(record: Mapping[str, Any]) -> InputKey:
    return str(record.get("setting", "")), str(record.get("path", ""))


def _why_outdated(before: StoreVersion, settings: Mapping[str, Any]) -> str:
    """Returns why the rows of `before` would differ if they were read today, or ''."""
    if before.contract != CONTRACT_VERSION:
        return f"the store has contract {before.contract}, this plait writes {CONTRACT_VERSION}"
    if lacking := ADDED_TABLES.difference(before.tables):
        return f"store version {before.number} lacks the table {_join_few(sorted(lacking))}"
    if not before.settings:
        return f"store version {before.number} does not record its settings"
    changed = [
        name for name in changed_settings(before.settings, settings) if requires_reread(name)
    ]
    return f"settings changed: {_join_few(changed)}" if changed else ""


def _why_rewritten(
    known: Mapping[InputKey, Any], now: Mapping[InputKey, Any], lost: list[str]
) -> str:
    """Returns a reason that names logs that were read and are now missing or changed, or ''.

    Args:
        known: the inputs that the current version read.
        now: the present files and events of the feedback log.
        lost: parts of the feedback log that were read and that nothing holds now.
    """
    gone = [place[1] for place in known if _is_log(place) and place not in now] + lost
    if gone:
        return f"{_join_few(gone)} {'is' if len(gone) == 1 else 'are'} missing"
    changed = [
        place[1]
        for place, record in known.items()
        if place in now and (_is_log(place) or not place[0]) and now[place] != record
    ]
    return f"{_join_few(changed)} changed" if changed else ""


def _is_log(place: InputKey) -> bool:
    """Whether `place` is a platform's log. Catalogues, accounts and links are read every time."""
    return ".events" in place[0]


def _why_repartition(project: Project, inputs: FusionInputs, before: StoreVersion) -> str:
    """Returns why the buckets of `before` cannot be kept, or ''."""
    if any(platform.k_core for platform in project.platforms.values()):
        return "k_core needs all events"
    if inputs.buckets >= _REPARTITION_FACTOR * before.buckets:
        return f"the logs outgrew {before.buckets} buckets ({inputs.buckets} are needed)"
    return ""


def _join_few(names: list[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more
