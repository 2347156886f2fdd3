"""Prints what fuse would make of the first rows of every log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plait.cli.set_aside_table import count_quarantine, count_removed, print_set_aside
from plait.say_count import say_count

if TYPE_CHECKING:
    from rich.console import Console

    from plait.config import Project
    from plait.fusion.preview_logs import LogPreview

_MAX_WIDTH = 100  # characters of a line
_MAX_CELL = 27  # characters of a value: those of a time


def preview_record(previews: Mapping[str, LogPreview], project: Project) -> dict[str, Any]:
    """Returns the previews as a JSON object."""
    return {
        "platforms": {
            name: {
                "files": found.files,
                "rows": found.rows,
                "events": found.events,
                "set_aside": _set_aside(name, found, project),
                "examples": found.examples,
                "strength_relative_to": project.platforms[name].strength.relative_to,
            }
            for name, found in previews.items()
        }
    }


def print_previews(
    console: Console, previews: Mapping[str, LogPreview], project: Project, config: str
) -> None:
    """Prints three rows of each platform beside what they became, and what was set aside."""
    console.width = min(console.width, _MAX_WIDTH)
    for name, found in previews.items():
        rows, files = say_count(found.rows, "row"), say_count(found.files, "file")
        console.print(
            f"[bold]{name}[/]: {rows} at the start of {files}, {say_count(found.events, 'event')}.",
            highlight=False,
        )
        for example in found.examples:
            _print_example(console, example)
        if found.examples and (relative := project.platforms[name].strength.relative_to):
            console.print(
                "This strength is that of the type or rating alone. A fuse makes it relative to "
                f"{' and '.join(relative)} (platforms.{name}.strength), for which it needs all "
                "rows.",
                highlight=False,
            )
        if entries := _set_aside(name, found, project):
            print_set_aside(console, f"{name}: would be set aside", entries, fixes=True)
    console.print(f"Nothing was written. Next: plait fuse -c {config}", highlight=False)


def _set_aside(name: str, found: LogPreview, project: Project) -> list[dict[str, Any]]:
    removed = count_removed({name: {"removed": found.removed}})
    return [*count_quarantine(found.quarantine.lazy(), project), *removed]


def _print_example(console: Console, example: Mapping[str, Any]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    from plait.contracts.quarantine_reasons import describe_place

    place = describe_place(example["file"], example["row"], example["element"])
    table = Table(title=escape(place), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("from", "value read"):
        table.add_column(column, overflow="fold")
    for column in ("field", "became"):
        table.add_column(column, no_wrap=True)
    for entry in example["fields"]:
        cells = (entry["source"], entry["raw"], entry["field"], entry["became"])
        table.add_row(*(escape(_shorten(cell)) for cell in cells))
    console.print(table)


def _shorten(cell: str | None) -> str:
    if cell is None:
        return "-"
    return cell if len(cell) <= _MAX_CELL else cell[: _MAX_CELL - 3] + "..."
