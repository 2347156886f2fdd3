"""`plait diff A B`: compares two stores, or two versions of one, row by row."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console

if TYPE_CHECKING:
    from plait.store.store_diff import DiffSide, TableDiff

DIFFERENT_EXIT = 1
_MAX_VALUE_LENGTH = 60  # characters shown per value


def diff(
    first: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="A version of the project's store, another store, or a version of it. "
            "Example: 3, path/to/store, path/to/store@3 or s3://bucket/store@3",
        ),
    ],
    second: Annotated[
        str,
        typer.Argument(
            metavar="B", help="What to compare it with, written in the same way. Example: 4"
        ),
    ],
    examples: Annotated[
        int,
        typer.Option(min=0, help="Rows to show from each side. Unit: rows. Example: --examples 5"),
    ] = 1,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Compare two stores, or two versions of the project's, table by table and row by row.

    Exit code: 0 if every row occurs equally often on both sides, 1 if not, 2 on an error.
    """
    from plait.store.store_diff import diff_versions as run

    sides = (_open_side(first, config), _open_side(second, config))
    tables = run(*sides, examples=examples)
    equal = all(table.equal for table in tables)
    if as_json:
        record = {
            "equal": equal,
            "first": sides[0].name,
            "second": sides[1].name,
            "tables": [asdict(table) | {"equal": table.equal} for table in tables],
        }
        typer.echo(json.dumps(record, indent=2, default=str))
    else:
        _print_diff(tables, sides)
    if not equal:
        raise typer.Exit(DIFFERENT_EXIT)


def _open_side(text: str, config: Path) -> DiffSide:
    """Returns the side that `text` names: a version of the project's store, or of another store.

    Raises:
        StoreError: there is no such store or version.
    """
    from plait.config import is_remote, load_config
    from plait.errors import StoreError
    from plait.store import Store
    from plait.store.store_diff import DiffSide

    place, mark, number = text.rpartition("@")
    if not mark or not number.isdigit():
        place, number = text, ""
    if text.isdigit():
        place, number = load_config(config).store_uri, text
    if not is_remote(place) and not Path(place).is_dir():
        raise StoreError(
            f"there is no store at '{place}'.",
            allowed="A number of the project's store, PATH, PATH@N, or s3://bucket/prefix@N.",
            fix="List the project's versions with `plait versions`.",
        )
    store = Store(place)
    return DiffSide(store, store.version(int(number)) if number else store.current())


def _print_diff(tables: list[TableDiff], sides: tuple[DiffSide, DiffSide]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    typer.echo(f"A  {sides[0].name}\nB  {sides[1].name}")
    shown = Table(box=SIMPLE_HEAD)
    shown.add_column("table", no_wrap=True)
    for heading in ("rows of A", "rows of B", "only A", "only B"):
        shown.add_column(heading, justify="right")
    for table in tables:
        shown.add_row(table.table, *(f"{n:,}" for n in (*table.rows, *table.only)))
    output_console().print(shown)
    for table in tables:
        for name, rows in zip("AB", table.examples, strict=True):
            for row in rows:
                typer.echo(f"{table.table}, only {name}: {_format_row(row)}")
    if all(table.equal for table in tables):
        typer.echo("Equal: every row occurs equally often on both sides.")


def _format_row(row: dict[str, Any]) -> str:
    """Returns a row on one line. Nulls are left out, long values are truncated."""
    cells = []
    for name, value in row.items():
        if value is None:
            continue
        text = str(value)
        if len(text) > _MAX_VALUE_LENGTH:
            text = text[: _MAX_VALUE_LENGTH - 3] + "..."
        cells.append(f"{name}={text}")
    return " ".join(cells)
