"""`plait bots`: lists the accounts that were removed as bots, with their figures."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console

_FIGURES = {
    "events": "events", "max_per_hour": "most\nan hour", "gap_variation": "gap\nvariation",
    "breadth": "breadth", "longest_hours": "longest,\nh", "hour_entropy": "hours,\nbits",
}  # fmt: skip


def bots(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    rows: Annotated[
        int,
        typer.Option(
            "--rows",
            min=1,
            help="Show at most so many accounts; --json has all. Unit: accounts. "
            "Example: --rows 100",
        ),
    ] = 20,
) -> None:
    """List the accounts that the current store version removed as bots, and why."""
    from plait.config import load_config
    from plait.store import Store

    store = Store(load_config(config).store_uri)
    version = store.current()
    found = store.read("bots", version).sort("events", "account", descending=[True, False])
    if as_json:
        typer.echo(json.dumps(found.to_dicts(), default=str, indent=2))
        return
    if found.is_empty():
        typer.echo(f"Store version {version.number} took no account for a bot.")
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    title = f"bots of store version {version.number}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0)
    table.add_column("account and reason", overflow="fold")
    for heading in _FIGURES.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for row in found.head(rows).iter_rows(named=True):
        figures = (row[name] for name in _FIGURES)
        shown = (_say_figure(figure) for figure in figures)
        table.add_row(f"{row['account']}\n{row['platform']}: {row['reason']}", *shown)
    console = output_console()
    console.print(table)
    if found.height > rows:
        console.print(f"and {found.height - rows:,} more: --rows {found.height} shows them")
    console.print(
        "If one of them is a person, relax platforms.NAME.denoise.bots; docs/data.md explains it.",
        highlight=False,
    )


def _say_figure(figure: float | None) -> str:
    if figure is None:
        return ""
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:.3g}"
