"""Drafts how times and seconds are written, with the questions that their values leave open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from plait.inspection.column_facts import ColumnFacts
from plait.inspection.column_names import plain_name, rate_name
from plait.inspection.column_roles import ACTS
from plait.inspection.continued_rows import how_to_fill
from plait.inspection.draft import Draft, percent
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable
from plait.inspection.time_formats import TimeFormat

_NEAR = 0.75  # a second column of times is used where the first is null


def describe_time(draft: Draft, table: SampleTable, roles: Roles, columns: dict[str, Any]) -> None:
    """Adds `time` and `columns.time` to the draft of a log."""
    column = roles.get("time")
    place = ("columns", "time")
    if column is None:
        _order(draft, table, columns)
        return
    facts = table[column]
    found = facts.time
    assert found is not None  # a column is chosen by its format
    for other in roles.others.get("time", []):
        nulls = table[other].null_share
        about = f"{percent(nulls)} of the values are null" if nulls else "no nulls"
        draft.tell(place, f"time: also possible: {other} ({about})")
    columns["time"] = column
    clock = _find_clock(table, column) if found.day else None
    if clock:
        columns["time"] = {"text": f"{{{column}}} {{{clock}}}"}
        unit = found.unit if found.unit == "iso" else f"{found.unit} {_clock_pattern(table[clock])}"
        found = TimeFormat(unit, found.share, naive=True, other=found.other)
    elif acted := _acted(table, column, found):
        columns["time"] = {"first": [acted, column]}
        draft.tell(place, f"When '{acted}' is null, '{column}' is used.")
    elif facts.null_share > 0.05:
        second = _second(table, column, found)
        if second:
            columns["time"] = {"first": [column, second]}
            draft.tell(
                place, f"{percent(facts.null_share)} of '{column}' are null: then the next is used."
            )
        else:
            draft.tell(
                place,
                f"{percent(facts.null_share)} of the values are null; fuse sets such rows aside."
                + (f" {fill}" if (fill := how_to_fill(table, column)) else ""),
            )
    settings: dict[str, Any] = {"unit": found.unit}
    if found.day:
        settings["resolution"] = "day"
    draft.settings["time"] = settings
    _ask(draft, found, settings)


def describe_seconds(draft: Draft, field: str, facts: ColumnFacts, columns: dict[str, Any]) -> None:
    """Adds `field`, which is in seconds, to `columns`, by the unit that its column names."""
    place = ("columns", field)
    if facts.is_clock:
        columns[field] = _clock_seconds(facts)
        draft.tell(place, f"Hours, minutes and seconds; {field} is in seconds.")
        return
    name, (_, middle, high) = plain_name(facts.name), facts.range
    words = set(name.split("_")) | set(re.findall(r"ms|msec|millis", name[:2] + " " + name[-6:]))
    if words & {"ms", "msec", "millis", "milliseconds", "milli"}:
        columns[field] = {"column": facts.name, "times": 0.001}
        draft.tell(place, f"Milliseconds by its name; {field} is in seconds.")
    elif words & {"min", "mins", "minutes"}:
        columns[field] = {"column": facts.name, "times": 60}
        draft.tell(place, f"Minutes by its name; {field} is in seconds.")
    elif middle > 5_000 or high > 200_000:
        columns[field] = {"column": facts.name, "times": 0.001}
        draft.ask(
            place,
            f"Milliseconds? Half of the values are above {middle:,.0f}; {field} is in seconds.",
            instead={field: facts.name},
        )
    else:
        columns[field] = facts.name
        if not words & {"s", "sec", "secs", "seconds"}:
            draft.ask(
                place,
                f"Seconds? Half of the values are above {middle:,.4g}. Or milliseconds?",
                instead={field: {"column": facts.name, "times": 0.001}},
            )


def _clock_seconds(facts: ColumnFacts) -> str:
    """Returns the seconds of 1:02:03 or 02:03 as an expression."""
    factors = (3600, 60, 1) if facts.share(r"\d:\d\d:\d\d") > 0.5 else (60, 1)
    parts = [
        f"TRY_CAST(split_part(\"{facts.name}\", ':', {place}) AS DOUBLE) * {factor}"
        for place, factor in enumerate(factors, 1)
    ]
    return "= " + " + ".join(parts)


def _ask(draft: Draft, found: TimeFormat, settings: Mapping[str, Any]) -> None:
    if found.other and found.sorted_better:
        draft.tell(
            ("time",),
            f"Day or month first? By the order of the rows '{found.unit}', not '{found.other}'.",
        )
    elif found.other:
        which = "Is day first?" if found.unit.startswith("%m") else "Is month first?"
        draft.ask(
            ("time",),
            f"{which} 03/04/2024 could be both.",
            instead={"time": dict(settings) | {"unit": found.other}},
        )
    if found.share < 1:
        draft.tell(
            ("time",), f"{percent(1 - found.share)} of the values are not times in this format."
        )
    if found.naive and not found.day:
        draft.ask(
            ("time",),
            "No zone is named, so UTC is assumed. Are these local times of a place?",
            instead={"time": dict(settings) | {"zone": "Europe/Berlin"}},
        )


def _order(draft: Draft, table: SampleTable, columns: dict[str, Any]) -> None:
    """A log without times: a column named like one, or the order of rows."""
    draft.settings["time"] = "order"
    named = [
        name
        for name, facts in table.columns.items()
        if rate_name("time", name) >= 0.75
        and facts.whole
        and facts.distinct > 1
        and not facts.is_flag
    ]
    if named:
        columns["order"] = named[0]
        draft.tell(
            ("time",),
            f"'{named[0]}' has whole numbers that are no times, so only their order counts.",
        )
    else:
        draft.tell(("time",), "No column has times, so the order of the rows counts.")


def _acted(table: SampleTable, column: str, found: TimeFormat) -> str | None:
    """Returns a column named after what was done, if the chosen one is not."""
    if ACTS.search(column):
        return None
    for name, facts in table.columns.items():
        if ACTS.search(name) and facts.time and facts.time.unit == found.unit and name != column:
            return name
    return None


def _find_clock(table: SampleTable, column: str) -> str | None:
    found = [
        name for name, facts in table.columns.items()
        if name != column and facts.is_clock and rate_name("dwell", name) < 0.6
    ]  # fmt: skip
    return max(found, key=lambda name: rate_name("clock", name), default=None)


def _clock_pattern(facts: ColumnFacts) -> str:
    seconds = facts.share(r"\d:\d\d:\d\d") > 0.5
    if facts.share(r"[AaPp][Mm]$") > 0.5:
        return "%I:%M:%S %p" if seconds else "%I:%M %p"
    return "%H:%M:%S" if seconds else "%H:%M"


def _second(table: SampleTable, column: str, found: TimeFormat) -> str | None:
    """Returns another column of the same format that fills the gaps of the first."""
    gaps = table[column].values.is_null()
    for name, facts in table.columns.items():
        if name == column or facts.time is None or facts.time.unit != found.unit:
            continue
        filled = facts.values.filter(gaps)
        if rate_name("time", name) >= 0.5 and filled.null_count() < 0.3 * max(1, len(filled)):
            return name
    return None
