"""`plait bots`: lists the accounts that were removed as bots, with their figures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

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
    console = output_console()
    console.print(f"[italic]bots of store version {version.number}[/]", highlight=False)
    _print_bots(console, found.head(rows))
    if found.height > rows:
        console.print(f"and {found.height - rows:,} more: --rows {found.height} shows them")
    console.print(
        "If one of them is a person, relax platforms.NAME.denoise.bots; docs/data.md explains it.",
        highlight=False,
    )


def _print_bots(console: Console, found: pl.DataFrame) -> None:
    """Prints a table; on a terminal that is too narrow for it, a paragraph for each account."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=0)
    table.add_column("account and reason", overflow="fold")
    for heading in _FIGURES.values():
        table.add_column(heading, justify="right", no_wrap=True)
    paragraphs: list[str] = []
    for row in found.iter_rows(named=True):
        who = f"{row['account']}\n{row['platform']}: {row['reason']}"
        shown = [_say_figure(row[name]) for name in _FIGURES]
        table.add_row(who, *shown)
        words = (heading.replace("\n", " ") for heading in _FIGURES.values())
        figures = "; ".join(f"{word}: {figure}" for word, figure in zip(words, shown, strict=True))
        paragraphs.append(f"{who}\n{figures}\n")
    unbound = console.options.update(width=10_000)
    if console.measure(table, options=unbound).maximum <= console.width:
        console.print(table)
        return
    for paragraph in paragraphs:
        console.print(paragraph, highlight=False, markup=False)


def _say_figure(figure: float | None) -> str:
    if figure is None:
        return ""
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:.3g}"
