"""`plait identity blocked`: values of identity keys that identify nobody, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from plait.config import Project

_MAX_ROWS = 20  # shown without --limit


def blocked(
    key: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Show the values of this key. Default: of all. Example: --key email",
        ),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Show the values with this reason. Default: any. Example: --reason over_limit",
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="The most rows to show. Unit: rows. Default: 20. Example: --limit 100",
        ),
    ] = _MAX_ROWS,
    number: Annotated[
        int | None,
        typer.Option(
            "--version",
            metavar="N",
            help="Number of the store version. Unit: none. Default: the current version. "
            "Example: --version 3",
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show the values of identity keys that identify nobody, with the accounts that have them.

    Only the first characters of a value are shown; more of them would be personal.
    """
    from plait.config import load_config
    from plait.identity.keys.read_blocked import read_blocked
    from plait.store import Store

    project = load_config(config)
    store = Store(project.store_uri)
    version = store.current() if number is None else store.version(number)
    rows = read_blocked(store, version, key, reason)
    if as_json:
        typer.echo(json.dumps(rows.to_dicts(), indent=2))
        return
    if not rows.height:
        which = "value of a key" if (key, reason) == (None, None) else "such value"
        output_console().print(f"Version {version.number} ignores no {which}.")
        return
    _show(output_console(), rows, limit, project)


def _show(console: Console, rows: pl.DataFrame, limit: int, project: Project) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    from plait.identity.keys.blocked_reasons import blocked_fix, describe_blocked

    table = Table(box=SIMPLE_HEAD, padding=0)
    for heading in ("key", " begins with", " reason"):
        table.add_column(heading, overflow="fold")
    for heading in (" values", " accounts"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows.head(limit).iter_rows(named=True):
        cells = [escape(row[name]) for name in ("key", "prefix", "reason")]
        table.add_row(cells[0], f" {cells[1]}", f" {cells[2]}", f"{row['values']:,}",
                      f"{row['accounts']:,}")  # fmt: skip
    console.print(table)
    if rows.height > limit:
        console.print(f"and {rows.height - limit:,} more: --limit {rows.height}")
    pairs = rows.select("key", "reason").unique(maintain_order=True).rows()
    for key, reason in pairs:
        console.print(
            f"{key}, {reason}: {describe_blocked(reason)}. {blocked_fix(reason, key, project)}",
            highlight=False, markup=False,
        )  # fmt: skip
