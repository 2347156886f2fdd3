"""Shows what fuse would make of the first rows of every log, and writes nothing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from plait.config import Project
from plait.config.value_settings import ValueVerbs
from plait.contracts.personal_fields import PERSONAL_FIELDS, mask_text, show_field
from plait.contracts.store_tables import QUARANTINE
from plait.fusion.kernels.row_kernel import FusionRowKernel
from plait.fusion.partitioner import Partitioner
from plait.fusion.row_counts import ROW_COUNTS
from plait.fusion.stages.find_inputs import InputSplit, find_inputs
from plait.privacy.pseudonym import PseudonymKey
from plait.sources.read_platform import event_mapping, read_events
from plait.store.store import Store

HEAD_ROWS = 1_000  # of each file
_MAX_TRIED = 100  # rows in which examples are looked for
_OBJECTS = ("item", "topic", "creator", "query")
_BECOMES = {"dwell": "dwell_s"}  # fields whose column in the store has another name


@dataclass(frozen=True)
class LogPreview:
    """What would become of the first rows of a platform's logs.

    Attributes:
        files: the number of files.
        rows: the rows (or elements of rows) that were read.
        events: those that became events, before duplicates are removed.
        removed: the number of rows that a rule removed, by rule.
        examples: rows that became events, as records of file, row, element and fields; a field
            has field, source, raw and became.
        quarantine: QUARANTINE rows.
    """

    files: int
    rows: int
    events: int
    removed: Mapping[str, int]
    examples: list[dict[str, Any]]
    quarantine: pl.DataFrame


def preview_logs(
    project: Project, *, examples: int = 3, now: datetime | None = None
) -> dict[str, LogPreview]:
    """Returns the preview of each platform with logs, from the first HEAD_ROWS rows of each file.

    Pseudonyms are made with a key of their own, so they differ from those of the store.

    Args:
        project: the project.
        examples: the most rows to show of a platform.
        now: the time after which an event counts as in the future; default: the current time.

    Raises:
        PlaitError: an input cannot be used.
    """
    key = PseudonymKey(secrets.token_hex(32))
    partitioner = Partitioner.from_identity(1, pl.DataFrame(), pl.DataFrame())
    with TemporaryDirectory() as folder:  # a store without feedback, because one is made if opened
        store = Store(folder)
        inputs = find_inputs(project, store)
        kernel = FusionRowKernel(project, store, inputs, key, now or datetime.now(UTC), partitioner)
        with_logs = (name for name, platform in project.platforms.items() if platform.events)
        return {name: _preview(kernel, name, examples) for name in with_logs}


def _preview(kernel: FusionRowKernel, platform: str, most: int) -> LogPreview:
    heads = {s.input_key: s for s in reversed(kernel.inputs.splits) if s.platform == platform}
    counts = [pl.DataFrame(schema=ROW_COUNTS)]
    quarantine = [QUARANTINE.empty()]
    shown: list[dict[str, Any]] = []
    for split in reversed(heads.values()):
        settings = kernel.project.platforms[platform].events[split.dialect]
        if split.file is None:
            continue
        rows = next(read_events(split.file, settings, HEAD_ROWS))
        frames = kernel(split, rows)
        counts.append(frames["counts"])
        quarantine.append(frames.get("quarantine", QUARANTINE.empty()))
        if len(shown) < most:
            shown += _examples(kernel, split, rows, most - len(shown))
    total = pl.concat(counts).group_by("what").agg(pl.col("n").sum())
    by_name = dict(total.iter_rows())
    removed = {w.removeprefix("removed:"): n for w, n in by_name.items() if w.startswith("removed")}
    lost = sum(n for what, n in by_name.items() if what.startswith(("removed:", "quarantined:")))
    read = by_name.get("rows", 0)
    return LogPreview(len(heads), read, read - lost, removed, shown, pl.concat(quarantine))


def _examples(
    kernel: FusionRowKernel, split: InputSplit, rows: pl.DataFrame, most: int
) -> list[dict[str, Any]]:
    """Returns the first rows that become an event, each made by itself: rows are independent."""
    found: list[dict[str, Any]] = []
    for place in range(min(rows.height, _MAX_TRIED)):
        row = rows[place : place + 1]
        events = kernel(split, row).get("events")
        if events is not None and events.height:
            found.append(_describe_row(kernel, split, row, events))
        if len(found) == most:
            break
    return found


def _describe_row(
    kernel: FusionRowKernel, split: InputSplit, row: pl.DataFrame, events: pl.DataFrame
) -> dict[str, Any]:
    settings = kernel.project.platforms[str(split.platform)].events[split.dialect]
    mapping = event_mapping(settings)
    event = events.row(0, named=True)
    shown = row.select(
        mask_text(pl.col(n)).alias(n) if n in PERSONAL_FIELDS else show_field(n)
        for n in dict.fromkeys((*mapping.values, "type"))
    ).row(0, named=True)
    sources = {name: _describe_source(verbs) for name, verbs in mapping.values.items()}
    sources["type"] = sources.get("type", "flags" if mapping.flags else "all rows")
    fields = [
        {
            "field": name,
            "source": source,
            "raw": shown[name],
            "became": _became(name, event, str(shown[name])),
        }
        for name, source in sources.items()
    ]
    source = "type" if event["type"] != "rate" or event["rating"] is None else "rating"
    fields.append(
        {"field": "strength", "source": source, "raw": None, "became": f"{event['strength']:g}"}
    )
    place = {"file": split.name, "row": row["row"].item(), "element": row["element"].item()}
    return place | {"fields": fields}


def _describe_source(verbs: ValueVerbs) -> str:
    """Returns the column of a value, or its verbs."""
    if verbs.column is not None:
        more = [f"{n} {getattr(verbs, n)}" for n in ("match", "times", "decimal", "map")
                if n in verbs.model_fields_set]  # fmt: skip
        return ", ".join([verbs.column, *more])
    (name,) = (n for n in verbs.source_verbs() if getattr(verbs, n, None) is not None)
    value = getattr(verbs, name)
    if name == "first":
        value = ", ".join(_describe_source(one) for one in value)
    return f"= {value}" if name == "expression" else f"{name} {value}"


def _became(name: str, event: Mapping[str, Any], masked: str) -> str | None:
    """Returns the value of a field in the store; text that people wrote as its length."""
    if name in _OBJECTS:
        if event["object_kind"] != name:
            return None
        return masked if name == "query" else str(event["object_id"])
    value = event[_BECOMES.get(name, name)]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".") + " UTC"
    return None if value is None else f"{value:g}" if isinstance(value, float) else str(value)
