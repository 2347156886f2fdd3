"""The table of what was set aside: per platform and reason the count, the reason in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plait.contracts.quarantine_reasons import (
    CATALOGUE_SOURCE,
    EVENTS_SOURCE,
    PRICE_OUTLIER,
    VALUE_REASONS,
    describe_place,
    describe_value,
    reason_fix,
    reason_words,
)

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from plait.config import Project

SetAside = dict[str, Any]
_GROUP = ("platform", "source", "reason")
_MAX_VALUES = 20  # from which the fix of a reason is made


def count_quarantine(rows: pl.LazyFrame, project: Project) -> list[SetAside]:
    """Returns one entry per platform, source and reason of QUARANTINE rows, the most rows first.

    Its keys are platform, source, reason, rows, words, fix and example. If the platform has several
    logs, the fix names that of the example.
    """
    import polars as pl

    named = rows.with_columns(pl.col("source").fill_null(EVENTS_SOURCE))
    grouped = named.sort("file", "row", "element").group_by(*_GROUP, maintain_order=True)
    first = ("file", "row", "element", "field", "value")
    values = pl.col("value").filter(pl.col("field") == pl.col("field").first())
    counted = grouped.agg(
        pl.len().alias("rows"),
        *(pl.col(name).first() for name in first),
        values.drop_nulls().head(_MAX_VALUES).alias("values"),
    )
    order = ("platform", "source", "rows", "reason")
    ranked = counted.sort(order, descending=[False, True, True, False]).collect()
    return [
        {
            **{name: row[name] for name in (*_GROUP, "rows")},
            "words": _words(row),
            "fix": _fix(row, project),
            "example": f"{describe_place(row['file'], row['row'], row['element'])} "
            f"{describe_value(row['field'], row['value'])}",
        }
        for row in ranked.iter_rows(named=True)
    ]


def count_removed(platforms: Mapping[str, Mapping[str, Any]]) -> list[SetAside]:
    """Returns one entry per platform and rule of the rows that a version's rules removed."""
    return [
        {
            "platform": name,
            "source": EVENTS_SOURCE,
            "reason": reason,
            "rows": n,
            "words": f"{reason_words(reason)} (removed)",
            "fix": reason_fix(reason, name),
            "example": "",
        }
        for name, counts in platforms.items()
        for reason, n in counts.get("removed", {}).items()
    ]


def print_set_aside(
    console: Console, title: str, entries: Sequence[SetAside], *, fixes: bool = False
) -> None:
    """Prints a table of the entries, with an example of each, and its fix if `fixes`."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("platform", overflow="fold")
    table.add_column("of", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    heading = "why, and an example" + (", and what corrects it" if fixes else "")
    table.add_column(heading, overflow="fold")  # a setting that is cut cannot be used
    for entry in entries:
        lines = [f"[bold]{escape(entry['reason'])}[/]: {escape(entry['words'])}"]
        if entry["example"]:
            lines.append(escape(entry["example"]))
        if fixes:
            lines.append(f"[green]{escape(entry['fix'])}[/]")
        cells = (entry["platform"], entry["source"], f"{entry['rows']:,}")
        table.add_row(*map(escape, cells), "\n".join(lines))
    console.print(table)


def _fix(row: Mapping[str, Any], project: Project) -> str:
    from plait.inspection.faulty_value import FaultyValue, find_source
    from plait.inspection.suggest_fixes import suggest_fix

    name, source = row["platform"], row["source"]
    platform = project.platforms.get(name)
    if platform is None:
        return reason_fix(row["reason"], name, source)
    home = find_source(platform, name, source, row["file"])
    return suggest_fix(FaultyValue(row["reason"], row["field"], row["values"], *home))


def _words(row: Mapping[str, Any]) -> str:
    words = reason_words(row["reason"])
    if row["reason"] == PRICE_OUTLIER:
        return f"{words} (the row and the price stay)"
    if row["source"] == CATALOGUE_SOURCE and row["field"] in VALUE_REASONS:
        return f"{words} (set to null; the row stays)"
    return words
