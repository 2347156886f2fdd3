"""Stops a run if no row of a platform became an event."""

from __future__ import annotations

import polars as pl

from plait.config import Project
from plait.contracts.quarantine_reasons import (
    EVENTS_SOURCE,
    describe_place,
    describe_value,
    reason_fix,
    reason_words,
)
from plait.errors import EmptyInput, TooFewEvents
from plait.fusion.row_counts import EMPTY_FILE, NOTED
from plait.inspection.faulty_value import FaultyValue, find_source
from plait.inspection.suggest_fixes import suggest_fix
from plait.say_count import say_count

_MAX_REASONS = 3  # told in the message
_MAX_VALUES = 20  # from which the fix is made


def check_platforms(counts: pl.DataFrame, project: Project, quarantine: pl.LazyFrame) -> None:
    """Raises TooFewEvents if all rows of a platform were quarantined or removed.

    Raises EmptyInput if a platform has a log without rows.

    Args:
        counts: ROW_COUNTS, merged.
        project: the project.
        quarantine: QUARANTINE rows, for examples.
    """
    for platform, settings in project.platforms.items():
        if not settings.events:  # it has records of accounts only
            continue
        here = counts.filter(pl.col("platform") == platform)
        rows = here.filter(pl.col("what") == "rows")["n"].sum()
        lost = here.filter(pl.col("what").str.contains("^(quarantined|removed):")).sort(
            "n", "what", descending=[True, False]
        )
        if not rows:
            raise _no_rows(platform, here["what"])
        if lost["n"].sum() < rows:
            continue
        examples = _first_rows(quarantine, platform)
        told, first = [], ""
        for what, n in lost.select("what", "n").head(_MAX_REASONS).iter_rows():
            kind, _, reason = what.partition(":")
            first = first or reason
            told.append(f"{n:,} {kind}: {reason_words(reason)} ({reason}{examples.get(what, '')})")
        if lost.height > _MAX_REASONS:
            told.append(f"{lost['n'][_MAX_REASONS:].sum():,} for other reasons")
        see = f" See the rows: plait quarantine --platform {platform}" if examples else ""
        raise TooFewEvents(
            f"platform '{platform}': none of its {say_count(int(rows), 'row')} became an event. "
            f"{'; '.join(told)}.",
            fix=_fix(first, platform, project, quarantine) + see,
        )


def _fix(reason: str, platform: str, project: Project, quarantine: pl.LazyFrame) -> str:
    rows = quarantine.filter(
        pl.col("platform") == platform, pl.col("reason") == reason, _of_events()
    )
    rows = rows.sort("file", "row")
    first = rows.head(_MAX_VALUES).select("file", "field", "value").collect()
    if not first.height:
        return reason_fix(reason, platform)
    field = first["field"][0]
    values = first.filter(pl.col("field") == field)["value"].drop_nulls().to_list()
    home = find_source(project.platforms[platform], platform, EVENTS_SOURCE, first["file"][0])
    return suggest_fix(FaultyValue(reason, field, values, *home))


def _of_events() -> pl.Expr:
    return pl.col("source").fill_null(EVENTS_SOURCE) == EVENTS_SOURCE


def _no_rows(platform: str, what: pl.Series) -> EmptyInput:
    mark = f"{NOTED}:{EMPTY_FILE}:"
    skipped = sorted(name.removeprefix(mark) for name in what if name.startswith(mark))
    named = ", ".join(f"'{name}'" for name in skipped[:_MAX_REASONS])
    more = f" and {len(skipped) - _MAX_REASONS} more" if len(skipped) > _MAX_REASONS else ""
    return EmptyInput(
        f"platform '{platform}' has no rows ({named}{more} without rows)."
        if skipped
        else f"platform '{platform}' has no rows.",
        fix=f"Name files with rows in platforms.{platform}.events.files.",
    )


def _first_rows(quarantine: pl.LazyFrame, platform: str) -> dict[str, str]:
    """Returns an example of each reason, as `quarantined:reason` to text."""
    rows = quarantine.filter(pl.col("platform") == platform, _of_events()).sort("file", "row")
    first = rows.group_by("reason", maintain_order=True).first().collect()
    return {
        f"quarantined:{row['reason']}": "; for example "
        f"{describe_place(row['file'], row['row'], row['element'])} "
        f"{describe_value(row['field'], row['value'])}"
        for row in first.iter_rows(named=True)
    }
