"""`plait doctor`: reports what is missing or wrong, with a fix for each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.cluster_options import ContextOption, NamespaceOption
from plait.cli.console import DEFAULT_CONFIG, JsonOption, output_console

if TYPE_CHECKING:
    from plait.doctor.finding import Finding

FAILED_EXIT = 1
_COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(
    config: Annotated[
        Path | None,
        typer.Option(
            "-c",
            "--config",
            help="The project file. Example: -c shop.yaml",
            show_default="plait.yaml where there is one",
        ),
    ] = None,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
    release: Annotated[
        str | None,
        typer.Option(
            help="Helm release of the chart. Example: --release plait",
            show_default="the only one",
        ),
    ] = None,
    queue: Annotated[
        str | None,
        typer.Option(
            help="LocalQueue of Kueue. Example: --queue batch", show_default="the chart's"
        ),
    ] = None,
    cluster: Annotated[
        bool, typer.Option("--cluster/--no-cluster", help="Whether to check the cluster as well.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Check this machine, the store, live state and the cluster; print a fix for each problem.

    Exit code: 1 if a check fails, else 0. Warnings are not failures.
    """
    from plait.doctor.finding import FindingLevel

    found = list(_run_checks(config, cluster, (context, namespace, release, queue)))
    failed = any(check.level is FindingLevel.fail for check in found)
    if as_json:
        record = {"ok": not failed, "checks": [asdict(check) for check in found]}
        typer.echo(json.dumps(record, indent=2))
    else:
        _print_findings(found)
    if failed:
        raise typer.Exit(FAILED_EXIT)


def _run_checks(
    config: Path | None, cluster: bool, where: tuple[str | None, str | None, str | None, str | None]
) -> Iterator[Finding]:
    from plait.doctor.check_cluster import check_cluster
    from plait.doctor.check_live_state import check_live_state
    from plait.doctor.check_machine import check_machine
    from plait.doctor.check_project import check_project

    yield from check_machine()
    if config is not None or DEFAULT_CONFIG.exists():
        yield from check_project(config or DEFAULT_CONFIG)
        yield from check_live_state(config or DEFAULT_CONFIG)
    if cluster:
        yield from check_cluster(*where)


def _print_findings(found: list[Finding]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    table.add_column("")
    table.add_column("what", no_wrap=True)
    table.add_column("found", overflow="fold")
    for check in found:
        text = Text(check.found)
        if check.fix and check.level != "ok":
            text.append(f"\nFix: {check.fix}", style="cyan")
        table.add_row(Text(check.level, style=_COLOURS[check.level]), check.name, text)
    output_console().print(table)
