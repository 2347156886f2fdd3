"""`plait identity preview`: how many people the settings of today would change."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console

if TYPE_CHECKING:
    from plait.fusion.preview_people import PeoplePreview

_SIZES = 8  # of one change that are shown


def preview(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Show how many people the next fuse would merge and split, by today's rules; write nothing."""
    from plait.config import load_config
    from plait.fusion.preview_people import preview_people

    found = preview_people(load_config(config))
    if as_json:
        record = asdict(found) | {"largest": found.largest.to_dicts(), "edges": dict(found.edges)}
        typer.echo(json.dumps(record, indent=2))
        return
    _print_preview(found)


def _print_preview(found: PeoplePreview) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    console = output_console()
    console.print(
        f"people: {found.people_now:,} in store version {found.version}, {found.people_then:,} "
        f"after the next fuse\nmerged into others: {found.merged:,}; split: {found.split:,}\n"
        f"accounts that change their person: {found.accounts_changed:,} of {found.accounts:,}"
    )
    said = "; ".join(f"{reason} {n:,}" for reason, n in found.edges.items())
    console.print(f"evidence: {said or 'none'}")
    if found.largest.is_empty():
        return
    table = Table(title="largest changes", title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    table.add_column("change")
    table.add_column("person", overflow="fold")
    table.add_column("accounts", overflow="fold")
    for change, person, sizes in found.largest.iter_rows():
        shown = " + ".join(f"{n:,}" for n in sizes[:_SIZES])
        more = f" and {len(sizes) - _SIZES:,} more" if len(sizes) > _SIZES else ""
        table.add_row(change, person, shown + more)
    console.print(table)
