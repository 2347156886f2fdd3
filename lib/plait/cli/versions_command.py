"""`plait versions`, and its verbs `show`, `verify` and `rollback`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console

if TYPE_CHECKING:
    from plait.store import Store, StoreVersion

SIZE_COUNTS = ("events", "people", "items")
_MAX_INPUTS = 20  # shown; --json has all

app = typer.Typer(help="List the versions of the store, show or verify one, or roll back to one.")


@app.callback(invoke_without_command=True)
def versions(
    context: typer.Context, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """List the versions of the store, oldest first."""
    if context.invoked_subcommand:
        return
    store = _open_store(config)
    current = store.current()
    listed = store.versions()
    if as_json:
        typer.echo(json.dumps([_version_record(v, current.number) for v in listed], indent=2))
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=f"store {store.uri}", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("", "version", "published (UTC)"):
        table.add_column(heading, no_wrap=True)
    for heading in (*SIZE_COUNTS, "inputs"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for v in listed:
        table.add_row(
            "current" if v.number == current.number else "",
            str(v.number),
            v.published[:16].replace("T", " "),
            *(
                f"{_row_count(v, name):,}" if _row_count(v, name) is not None else ""
                for name in SIZE_COUNTS
            ),
            f"{len(v.inputs):,}",
            f"version {v.restores} again" if v.restores else "",
        )
    output_console().print(table)


@app.command()
def show(
    number: Annotated[
        int, typer.Argument(metavar="N", help="Number of the version. Unit: none. Example: 3")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show one version: its tables, its counts and what it read."""
    store = _open_store(config)
    version = store.version(number)
    if as_json:
        record = {"number": version.number, **version.to_record(), "inputs": list(version.inputs)}
        record.pop("inputs_at", None)
        typer.echo(json.dumps(record, indent=2))
        return
    again = f", version {version.restores} again" if version.restores else ""
    typer.echo(
        f"version {version.number} of {store.uri}, published {version.published} under "
        f"contract {version.contract}{again}"
    )
    typer.echo("\ntables (Delta version):")
    for name, delta in version.tables.items():
        typer.echo(f"  {name}: {delta}")
    typer.echo("\ncounts:")
    for name, count in version.counts.items():
        typer.echo(f"  {name}: {json.dumps(count)}")
    typer.echo(f"\ninputs ({len(version.inputs):,}):")
    for record in version.inputs[:_MAX_INPUTS]:
        size = f" ({record['bytes']:,} bytes)" if "bytes" in record else ""
        typer.echo(f"  {record.get('path', record)}{size}")
    if len(version.inputs) > _MAX_INPUTS:
        typer.echo(f"  and {len(version.inputs) - _MAX_INPUTS:,} more: --json lists them")


@app.command()
def verify(
    number: Annotated[
        int | None,
        typer.Argument(
            metavar="N",
            help="Number of the version. Unit: none. Default: the current one. Example: 3",
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Read every data file of a version, and say which are gone or damaged."""
    from plait.store.damaged_files import describe_damage, find_damaged_files

    store = _open_store(config)
    version = store.current() if number is None else store.version(number)
    found = find_damaged_files(store, version)
    if as_json:
        damaged = [asdict(one) for one in found]
        typer.echo(json.dumps({"version": version.number, "damaged": damaged}, indent=2))
    else:
        for one in found:
            typer.echo(f"{one.path}: {one.fault}")
    if found:
        raise describe_damage(found, version)
    if not as_json:
        typer.echo(f"version {version.number} is whole: every data file can be read.")


@app.command()
def rollback(
    number: Annotated[
        int | None,
        typer.Argument(
            metavar="N",
            help="Number of the version to roll back to. Unit: none. Default: the version "
            "before the current one. Example: 3",
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Publish the tables of an older version again, under a new number."""
    from plait.store.require_writable import require_writable
    from plait.store.roll_back import roll_back

    store = _open_store(config)
    require_writable(store)
    before = store.current().number
    now = roll_back(store, number)
    if as_json:
        record = {"from": before, "to": now.number, "restores": now.restores}
        typer.echo(json.dumps(record))
        return
    typer.echo(
        f"version {now.number} is current, with the tables of version {now.restores} "
        f"(was {before}). `plait fuse` will read all later logs again."
    )


def _open_store(config: ConfigOption) -> Store:
    from plait.config import load_config
    from plait.store import Store

    return Store(load_config(config).store_uri)


def _row_count(version: StoreVersion, name: str) -> int | None:
    """Returns the version's count of events, people or items, or None if unknown."""
    found = version.counts.get(name)
    if name == "items" and found is None and "platforms" in version.counts:
        found = sum(entry.get("items", 0) for entry in version.counts["platforms"].values())
    return found if isinstance(found, int) else None


def _version_record(version: StoreVersion, current: int) -> dict[str, Any]:
    return {
        "number": version.number,
        "current": version.number == current,
        "published": version.published,
        "contract": version.contract,
        "restores": version.restores,
        **{name: _row_count(version, name) for name in SIZE_COUNTS},
        "inputs": len(version.inputs),
        "tables": version.tables,
    }
