"""What a run has to read: what is new against the version before, or everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from plait.config import Project
from plait.contracts.table_schema import CONTRACT_VERSION
from plait.fusion.incremental.fuse_settings import changed_settings, requires_reread
from plait.fusion.stages.find_inputs import FusionInputs, InputSplit
from plait.store.store_version import StoreVersion

_REPARTITION_FACTOR = 4  # times as many buckets as the store has: time to lay it out anew
_MAX_NAMED = 3  # things named in a reason
InputKey = tuple[str, str]  # the setting that names an input, and its path


@dataclass(frozen=True)
class FusionPlan:
    """What a run reads and what it builds on.

    Attributes:
        base: the version whose buckets are carried over; null: everything is read.
        why: why everything is read, if there is a version that might have been built on.
        splits: what is read.
        buckets: how many there are.
        files: how many inputs are new or changed.
        changed: whether anything differs from the version before.
    """

    base: StoreVersion | None
    why: str
    splits: list[InputSplit]
    buckets: int
    files: int
    changed: bool = True

    def record(self, rows: int = 0, rewritten: int = 0) -> dict[str, Any]:
        """Returns what a store version says of the run that made it.

        Args:
            rows: how many were read.
            rewritten: how many buckets were.
        """
        mode = "full" if self.base is None else "incremental" if self.changed else "none"
        return {
            "mode": mode,
            "why": self.why,
            "files": self.files,
            "rows": rows,
            "buckets": self.buckets,
            "rewritten": rewritten,
        }


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
        project: what to fuse.
        inputs: everything there is.
        settings: see settings_of.
        before: the current version, if there is one.
        full: read everything, whatever changed.
    """
    everything = FusionPlan(None, "", inputs.all_splits, inputs.buckets, len(inputs.records))
    if before is None:
        return everything
    if full:
        return replace(everything, why="it was asked for")
    now = {_input_key(record): record for record in inputs.files}
    posted = {_input_key(record): record for record in inputs.events.records}
    known = {_input_key(record): record for record in before.inputs}
    files = {place: record for place, record in known.items() if place[0]}
    read = {path for setting, path in known if not setting}
    events, links = inputs.events.unread(read), inputs.links.unread(read)
    why = _why_outdated(before, settings) or _why_rewritten(
        known, now | posted, inputs.events.missing(read)
    )
    same = not (events or links or inputs.links.missing(read)) and now == files
    if not why and same and before.settings == settings:
        return FusionPlan(before, "", [], before.buckets, 0, changed=False)
    why = why or _why_repartition(project, inputs, before)
    if why:
        return replace(everything, why=why)
    new = [split for split in inputs.splits if split.input_key not in known]
    count = sum(files.get(place) != record for place, record in now.items())
    new += map(InputSplit.from_log_slice, events)
    return FusionPlan(before, "", new, before.buckets, count + len(events) + len(links))


def _input_key(record: Mapping[str, Any]) -> InputKey:
    return str(record.get("setting", "")), str(record.get("path", ""))


def _why_outdated(before: StoreVersion, settings: Mapping[str, Any]) -> str:
    """Returns why the rows of `before` would come out otherwise today, or ''."""
    if before.contract != CONTRACT_VERSION:
        return f"the store has contract {before.contract}, this plait writes {CONTRACT_VERSION}"
    if not before.settings:
        return f"store version {before.number} does not say how it was made"
    changed = [
        name for name in changed_settings(before.settings, settings) if requires_reread(name)
    ]
    return f"settings changed: {_join_few(changed)}" if changed else ""


def _why_rewritten(
    known: Mapping[InputKey, Any], now: Mapping[InputKey, Any], lost: list[str]
) -> str:
    """Returns which logs that were read are not what they were, or ''.

    Args:
        known: what was read.
        now: the files and the events of the feedback log there are.
        lost: what was read of those events and is held by nothing now.
    """
    gone = [place[1] for place in known if _is_log(place) and place not in now] + lost
    if gone:
        return f"{_join_few(gone)} {'is' if len(gone) == 1 else 'are'} gone"
    changed = [
        place[1]
        for place, record in known.items()
        if place in now and (_is_log(place) or not place[0]) and now[place] != record
    ]
    return f"{_join_few(changed)} changed" if changed else ""


def _is_log(place: InputKey) -> bool:
    """Whether it is a platform's log; catalogues, accounts and links are read every time."""
    return place[0].endswith(".events")


def _why_repartition(project: Project, inputs: FusionInputs, before: StoreVersion) -> str:
    """Returns why buckets of `before` cannot be carried over, or ''."""
    if any(platform.events.k_core for platform in project.platforms.values()):
        return "k_core needs all events"
    if inputs.buckets >= _REPARTITION_FACTOR * before.buckets:
        return f"the logs outgrew {before.buckets} buckets ({inputs.buckets} are needed)"
    return ""


def _join_few(names: list[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more
