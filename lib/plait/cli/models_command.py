"""`plait models`, `plait models rollback` and `plait promote`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console

if TYPE_CHECKING:
    from plait.store import ModelVersion, Registry

SIZE_METRICS = ("events", "epochs")  # the size of the training; the others are validation metrics

app = typer.Typer(help="List the versions of the model; roll back the alias `current`.")


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """List the versions of the model with their validation metrics."""
    if context.invoked_subcommand:
        return
    registry, name = _open_registry(config)
    versions = registry.describe(name)
    if as_json:
        typer.echo(json.dumps([asdict(v) for v in versions], indent=2))
        return
    if not versions:
        registry.current(name)  # raises an error with a fix if there is none
    _print_versions(name, versions)


@app.command()
def rollback(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Move `current` back to the version that stood before it."""
    registry, name = _open_registry(config, to_write=True)
    before = registry.current(name)
    _print_change(name, before, registry.rollback(name), as_json)


def promote(
    version: Annotated[
        str | None,
        typer.Argument(help="The version to promote. Default: the newest version. Example: v3"),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Move the alias `current` to a version; evaluate, recommend and serve read it."""
    registry, name = _open_registry(config, to_write=True)
    before = registry.current(name)
    _print_change(name, before, registry.promote(name, version), as_json)


def _open_registry(config: ConfigOption, *, to_write: bool = False) -> tuple[Registry, str]:
    from plait.config import load_config
    from plait.store import Registry, Store
    from plait.store.require_writable import require_writable

    project = load_config(config)
    store = Store(project.store_uri)
    if to_write:
        require_writable(store)
    return Registry(store), project.model


def _print_change(name: str, before: str, now: str, as_json: bool) -> None:
    record = {"model": name, "from": before, "to": now}
    typer.echo(json.dumps(record) if as_json else f"{name}: current is {now} (was {before})")


def _print_versions(name: str, versions: list[ModelVersion]) -> None:
    from rich.table import Table

    scores = sorted({key for v in versions for key in v.metrics.get("validation", {})})
    table = Table(title=f"model {name}", title_justify="left", caption_justify="left")
    for heading in ("", "version", "created (UTC)"):
        table.add_column(heading, no_wrap=True)
    for heading in (*SIZE_METRICS, *scores):
        table.add_column(heading.replace(".", "\n"), justify="right")
    for v in versions:
        validation = v.metrics.get("validation", {})
        table.add_row(
            "current" if v.current else "",
            v.version,
            v.created[:16].replace("T", " "),
            *(f"{v.metrics[key]:,}" if key in v.metrics else "" for key in SIZE_METRICS),
            *(f"{validation[key]:.4f}" if key in validation else "" for key in scores),
        )
    output_console().print(table)
