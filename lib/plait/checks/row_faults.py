"""Rows that the kernels set aside, in the words and with the fixes of quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from plait.checks.log_finding import EXAMPLES
from plait.checks.log_profile import LogProfile
from plait.checks.read_profiles import ProfiledLog
from plait.config import Project
from plait.config.reason_fixes import LEAVE_ROWS
from plait.contracts.quarantine_reasons import (
    describe_place,
    describe_value,
    reason_words,
)
from plait.inspection.faulty_value import FaultyValue, find_source
from plait.inspection.suggest_fixes import suggest_fix

# Reasons whose fix is another column, unit or path for all rows.
_OF_ALL_ROWS = frozenset({
    "null_account", "null_object", "bad_time", "future_time", "ancient_time", "bad_order",
    "bad_id", "bad_json", "bad_line", "no_record", "bad_currency",
})  # fmt: skip


def describe_faults(
    profile: LogProfile, reasons: Sequence[str], fields: Sequence[str] = ()
) -> tuple[int, dict[str, float], tuple[str, ...]]:
    """Returns the rows with these reasons, rows by reason, and examples.

    Args:
        profile: the profile of a log.
        reasons: the codes of the reasons.
        fields: the fields to look at. Default: all.
    """
    counts: dict[str, float] = {}
    for (reason, field), n in profile.fault_counts.most_common():
        if reason in reasons and (not fields or field in fields):
            counts[reason] = counts.get(reason, 0) + n
    rows = profile.faults.filter(pl.col("reason").is_in(list(counts)))
    if fields:
        rows = rows.filter(pl.col("field").is_in(list(fields)))
    first = rows.group_by("reason", maintain_order=True).head(1 if len(counts) > 1 else EXAMPLES)
    examples = tuple(
        f"{describe_place(file, row)} {describe_value(field, value)}: {reason_words(reason)}"
        for reason, field, file, row, value in first.select(
            "reason", "field", "file", "row", "value"
        ).iter_rows()
    )
    return int(sum(counts.values())), counts, examples[:EXAMPLES]


def fix_faults(log: ProfiledLog, counts: Mapping[str, float]) -> str:
    """Returns the fix of the most frequent reason; '' if there is none.

    A setting that concerns all rows is the fix only if most rows have the fault.
    """
    if not counts:
        return ""
    reason = max(counts, key=lambda reason: counts[reason])
    if reason in _OF_ALL_ROWS and counts[reason] < log.profile.rows / 2:
        return LEAVE_ROWS
    rows = log.profile.examples(reason)
    rows = rows.filter(pl.col("field") == rows["field"].first())
    fault = FaultyValue(
        reason, rows["field"][0], rows["value"].drop_nulls().to_list(), log.setting, log.events
    )
    return suggest_fix(fault)


def fix_listing(project: Project, platform: str, kind: str, faulty: pl.DataFrame) -> str:
    """Returns the fix of the most frequent reason among QUARANTINE rows of one source.

    Args:
        project: the project.
        platform: the platform.
        kind: catalogue or accounts.
        faulty: its rows; at least one.
    """
    reason = str(faulty["reason"].value_counts(sort=True).item(0, 0))
    rows = faulty.filter(pl.col("reason") == reason)
    field = rows["field"][0]
    values = rows.filter(pl.col("field") == field)["value"].drop_nulls().head(20).to_list()
    home = find_source(project.platforms[platform], platform, kind, rows["file"][0])
    return suggest_fix(FaultyValue(reason, field, values, *home))
