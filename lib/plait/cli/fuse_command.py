"""`plait fuse`: fuses raw logs into a store version, and reports what became of every row."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, QuietOption, output_console
from plait.cli.fuse_notes import print_blocked_keys, print_notes
from plait.cli.set_aside_table import (
    SetAside,
    count_quarantine,
    count_removed,
    print_set_aside,
)
from plait.engine.open_engine import EngineName, open_engine
from plait.errors import TooFewEvents
from plait.say_count import say_count

if TYPE_CHECKING:
    from rich.console import Console

    from plait.config import Project
    from plait.store import StoreVersion

_MAX_SKIPPED = 5  # files named that have no content


def fuse(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    full: Annotated[
        bool, typer.Option("--full", help="Read all files again, not only the new ones.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Read only the first 1,000 rows of each file, show three rows of each platform "
            "and what they become, and what would be set aside. Nothing is written.",
        ),
    ] = False,
    engine: Annotated[
        EngineName,
        typer.Option(
            help="The engine: local (Polars on this machine) or spark. Example: --engine spark"
        ),
    ] = EngineName.local,
    master: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Address of the Spark master. Default: all cores of this machine; "
            "under spark-submit, its session. Example: --master spark://host:7077",
        ),
    ] = None,
) -> None:
    """Fuse new rows in the logs of all platforms into the next version of the store."""
    from plait.config import load_config
    from plait.fusion.fuse_logs import fuse as run
    from plait.progress import silence
    from plait.store import Store

    if quiet or as_json:
        silence()
    project = load_config(config)
    if dry_run:
        _preview(project, str(config), as_json=as_json)
        return
    start = time.monotonic()
    with open_engine(engine, master) as moves:
        try:
            version = run(project, engine=moves, full=full)
        except TooFewEvents as error:
            fix = error.fix.replace("plait quarantine", f"plait quarantine -c {config}")
            raise TooFewEvents(error.seen, allowed=error.allowed, fix=fix) from None
    seconds = time.monotonic() - start
    if as_json:
        record = {"version": version.number, "seconds": round(seconds, 3), "run": version.run}
        record |= version.counts
        typer.echo(json.dumps(record))
        return
    if skipped := version.run.get("skipped"):
        typer.echo(_describe_skipped(skipped))
    if version.run["mode"] == "none":
        typer.echo(
            f"Nothing is new: store version {version.number} contains every file. "
            "To read them all again: --full"
        )
        return
    quarantined = count_quarantine(Store(project.store_uri).scan("quarantine", version), project)
    several = [name for name, platform in project.platforms.items() if len(platform.events) > 1]
    _print_summary(version, seconds, quarantined, str(config), several)


def _preview(project: Project, config: str, *, as_json: bool) -> None:
    from plait.cli.preview_table import preview_record, print_previews
    from plait.fusion.preview_logs import preview_logs

    found = preview_logs(project)
    if as_json:
        typer.echo(json.dumps(preview_record(found, project), indent=2))
    else:
        print_previews(output_console(), found, project, config)


def _print_summary(
    version: StoreVersion,
    seconds: float,
    quarantined: list[SetAside],
    config: str,
    several: list[str],
) -> None:

    console = output_console()
    counts = version.counts
    _print_platforms(console, counts["platforms"], version.number)
    _print_people(console, counts, config)
    _print_quarantine(console, counts["platforms"], quarantined, config)
    print_notes(console, counts["platforms"], version.settings.get("currencies.base"), several)
    _print_noise(console, counts["platforms"], config)
    console.print(_describe_run(version.run), highlight=False)
    if not counts["events"]:
        console.print(
            f"[bold]{say_count(counts['people'], 'person', 'people')}[/] of records alone, in "
            f"{seconds:.1f} s. Next: plait identity report -c {config}"
        )
        return
    rate = version.run["rows"] / max(seconds, 1e-9)
    console.print(
        f"[bold]{say_count(counts['events'], 'event')}[/] of "
        f"[bold]{say_count(counts['people'], 'person', 'people')}[/] "
        f"in {seconds:.1f} s ({rate:,.0f} rows/s). Next: plait train -c {config}"
    )


def _describe_run(run: dict[str, Any]) -> str:
    """Returns one sentence: what was read and rewritten, and why if the run was full."""
    files, rows = say_count(run["files"], "file"), say_count(run["rows"], "row")
    if run["mode"] == "incremental":
        return (
            f"Incremental: {files} new or changed, {rows} read; {run['rewritten']:,} of "
            f"{say_count(run['buckets'], 'bucket')} rewritten."
        )
    why = f" ({run['why']})" if run["why"] else ""
    return f"Full{why}: {files}, {rows} read; {say_count(run['buckets'], 'bucket')} written."


def _describe_skipped(names: list[str]) -> str:
    """Returns one sentence: which files have no bytes."""
    more = f" and {len(names) - _MAX_SKIPPED} more" if len(names) > _MAX_SKIPPED else ""
    return f"Skipped, without content: {', '.join(names[:_MAX_SKIPPED])}{more}."


def _print_platforms(console: Console, platforms: dict[str, Any], number: int) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    columns: dict[str, list[int]] = {
        "rows in": [entry["rows"] for entry in platforms.values()],
        "events": [entry["events"] for entry in platforms.values()],
        "duplicates": [entry["duplicates"] for entry in platforms.values()],
        "superseded": [entry["superseded"] for entry in platforms.values()],
        "quarantined": [sum(entry["quarantined"].values()) for entry in platforms.values()],
        "removed": [sum(entry["removed"].values()) for entry in platforms.values()],
        "items": [entry.get("items", 0) for entry in platforms.values()],
        "accounts": [entry.get("accounts", 0) for entry in platforms.values()],
        "people": [entry.get("people", 0) for entry in platforms.values()],
    }
    rare = ("superseded", "removed")
    columns = {name: cells for name, cells in columns.items() if any(cells) or name not in rare}

    def lay_out(corner: str, headings: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> Table:
        title = f"store version {number}"
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0)
        table.add_column(corner, overflow="fold")
        for heading in headings:
            table.add_column(f" {heading}", justify="right", no_wrap=True)
        for name, *cells in rows:
            table.add_row(name, *(f"{cell:,}" for cell in cells))
        return table

    table = lay_out("platform", columns, zip(platforms, *columns.values(), strict=True))
    unbound = console.options.update(width=10_000)
    if console.measure(table, options=unbound).maximum > console.width:  # a narrow terminal
        table = lay_out("", platforms, ((name, *cells) for name, cells in columns.items()))
    console.print(table)


def _print_people(console: Console, counts: dict[str, Any], config: str) -> None:
    several, people = counts["people_on_several"], counts["people"]
    if len(counts["platforms"]) == 1:
        console.print("There is only one platform, so nothing is transferred between platforms.")
    elif several:
        rules = ", ".join(f"{n:,} by {rule}" for rule, n in counts["rules"].items())
        share = several / max(people, 1)
        console.print(
            f"[bold]{several:,}[/] people ({share:.0%}) are known on two or more platforms "
            f"(accounts: {rules})."
        )
    else:
        console.print(
            "[yellow]No account is joined to another, so transfer between platforms is off.[/] "
            "Declare people.same_account_id, or accounts.keys such as email_hash."
        )
    print_blocked_keys(console, counts, config)


def _print_quarantine(
    console: Console, platforms: dict[str, Any], quarantined: list[SetAside], config: str
) -> None:
    if entries := [*quarantined, *count_removed(platforms)]:
        console.print()
        print_set_aside(console, "set aside", entries)
    if quarantined:
        console.print(f"What corrects them: plait quarantine -c {config}", highlight=False)
    for name, entry in platforms.items():
        lost = sum(entry["quarantined"].values())
        if lost * 2 > entry["rows"]:
            console.print(
                f"[bold red]More than half of '{name}' is in quarantine "
                f"({lost:,} of {say_count(entry['rows'], 'row')}).[/] Look at the reasons above "
                "before you train."
            )
        if sides := entry.get("catalogue", {}).get("matches_no_event"):
            listed, seen = (", ".join(sides[side]) for side in ("catalogue", "events"))
            console.print(
                f"[bold red]The catalogue of '{name}' has no item of its events.[/] "
                f"The catalogue has {listed}; the events have {seen}. "
                f"Correct platforms.{name}.catalogue.columns.item or events.columns.item."
            )


def _print_noise(console: Console, platforms: dict[str, Any], config: str) -> None:
    removed = [entry["removed"] for entry in platforms.values()]
    if of_bots := sum(reasons.get("bot", 0) for reasons in removed):
        console.print(
            f"Removed {say_count(of_bots, 'event')} of bots. See which: plait bots -c {config}",
            highlight=False,
        )
