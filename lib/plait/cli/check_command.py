"""`plait check`: looks at the logs as fuse would read them, and says what is wrong with each."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, QuietOption
from plait.say_count import say_count

if TYPE_CHECKING:
    from plait.checks.log_finding import CheckLevel, LogFinding

FAILED_EXIT = 1
_WIDTH = 100
_COLOURS = {"PASS": "green", "WARN": "yellow", "FAIL": "bold red"}


def check(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    strict: Annotated[bool, typer.Option("--strict", help="Count WARN as FAIL.")] = False,
    sample: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Rows to read of each log file. Unit: rows. Default: all. Example: --sample 10000",
        ),
    ] = None,
) -> None:
    """Check the logs of all platforms: PASS, WARN or FAIL for each rule, with the fix.

    It reads what fuse would read, needs no store, and writes nothing. Exit code: 1 if a rule
    fails (with --strict, if one warns), else 0.
    """
    from plait.checks.check_logs import check_logs
    from plait.checks.log_finding import CheckLevel, worst_level
    from plait.config import load_config
    from plait.progress import silence

    if quiet or as_json:
        silence()
    findings = check_logs(load_config(config), sample)
    worst = worst_level(finding.level for finding in findings)
    failed = worst is CheckLevel.fail or (strict and worst is CheckLevel.warn)
    if as_json:
        record = {"ok": not failed, "level": worst, "sample": sample}
        typer.echo(json.dumps(record | {"findings": [asdict(f) for f in findings]}, indent=2))
    else:
        _print_findings(findings, sample, str(config))
    if failed:
        raise typer.Exit(FAILED_EXIT)


def _print_findings(findings: list[LogFinding], sample: int | None, config: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from plait.cli.console import output_console

    console = output_console()
    console.width = min(console.width, _WIDTH)
    for platform in dict.fromkeys(finding.platform for finding in findings):
        table = Table(
            title=platform or "all platforms",
            title_justify="left",
            title_style="bold",
            box=SIMPLE_HEAD,
            padding=(0, 1),
            show_header=False,
        )
        table.add_column("level", no_wrap=True)
        table.add_column("rule", no_wrap=True)
        table.add_column("found", overflow="fold")
        for finding in (f for f in findings if f.platform == platform):
            text = Text(finding.headline)
            if finding.level != "PASS":
                for example in finding.examples:
                    text.append(f"\n  {example}", style="dim")
                if finding.fix:
                    text.append(f"\nFix: {finding.fix}", style="cyan")
            level = Text(finding.level, style=_COLOURS[finding.level])
            table.add_row(level, finding.rule, text)
        console.print(table)
    levels = [finding.level for finding in findings]
    console.print(_summarise(levels, sample, config))


def _summarise(levels: list[CheckLevel], sample: int | None, config: str) -> str:
    """Returns one line: how many rules pass, warn and fail, and what comes next."""
    counted = ", ".join(
        f"[{_COLOURS[name]}]{levels.count(name)} {name}[/]"  # type: ignore[arg-type]
        for name in _COLOURS
    )
    part = f" Read of each file: {say_count(sample, 'row')}." if sample else ""
    failed = "FAIL" in levels
    then = (
        "correct the log or the settings, and check again" if failed else f"plait fuse -c {config}"
    )
    return f"{counted}.{part} Next: {then}"
