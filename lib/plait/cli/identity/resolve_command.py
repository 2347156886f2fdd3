"""`plait identity resolve`: finds out who is who, and says who."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, QuietOption, output_console
from plait.engine.open_engine import EngineName, open_engine
from plait.say_count import say_count

if TYPE_CHECKING:
    from plait.store import StoreVersion


def resolve(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write platform, account (the id as in its file) and person of every record, as "
            "Parquet if the name ends with .parquet, else as CSV. Default: no file. "
            "Example: --out persons.csv",
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
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
    """Find out which records are one person, and publish it as a version of the store.

    It is `plait fuse` for projects that want only this: platforms may have records and no events.
    """
    from plait.config import load_config
    from plait.fusion.fuse_logs import fuse
    from plait.progress import silence

    if quiet or as_json:
        silence()
    project = load_config(config)
    start = time.monotonic()
    with open_engine(engine, master) as moves:
        version = fuse(project, engine=moves)
    seconds = time.monotonic() - start
    rows = None if out is None else _write_persons(out, config)
    if as_json:
        record = {"version": version.number, "seconds": round(seconds, 3), "run": version.run}
        typer.echo(json.dumps(record | version.counts | ({} if rows is None else {"out": rows})))
        return
    _print_summary(version, seconds, str(config))
    if rows is not None:
        typer.echo(f"Written: {say_count(rows, 'record')} to {out}")


def _write_persons(out: Path, config: Path) -> int:
    """Writes the person of every record to `out`; returns the number of rows."""
    from plait.cli.identity.open_people import open_people
    from plait.cli.identity.write_output import cannot_write
    from plait.identity.raw_records import persons_of_records

    opened = open_people(config)
    found = persons_of_records(opened.project, opened.key, opened.people)
    try:
        if out.suffix.lower() == ".parquet":
            found.write_parquet(out)
        else:
            found.write_csv(out)
    except OSError as error:
        raise cannot_write(out, error) from None
    return found.height


def _print_summary(version: StoreVersion, seconds: float, config: str) -> None:
    console, counts = output_console(), version.counts
    if version.run["mode"] == "none":
        console.print(f"Nothing is new: store version {version.number} has every record.")
        return
    accounts = sum(counts["rules"].values())
    joined = accounts - counts["rules"].get("alone", 0)
    by = ", ".join(f"{n:,} by {rule}" for rule, n in counts["rules"].items() if rule != "alone")
    console.print(
        f"Store version {version.number}: {say_count(accounts, 'account')} of "
        f"[bold]{say_count(counts['people'], 'person', 'persons')}[/] in {seconds:.1f} s; "
        f"{joined:,} are joined to another" + (f" ({by})." if by else ".")
    )
    console.print(f"Next: plait identity report -c {config}", highlight=False)
