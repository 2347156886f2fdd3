"""`plait quarantine`: the rows that could not be used, by platform and reason, or one by one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console
from plait.cli.set_aside_table import SetAside, count_quarantine, print_set_aside
from plait.contracts.quarantine_reasons import (
    EVENTS_SOURCE,
    check_reason,
    describe_place,
    describe_value,
    reason_words,
)
from plait.say_count import say_count

if TYPE_CHECKING:
    import polars as pl

    from plait.config import Project
    from plait.store import Store

_MAX_ROWS = 20  # shown without --limit


@dataclass(frozen=True)
class _Quarantine:
    """QUARANTINE rows, and where they are from."""

    rows: pl.LazyFrame
    title: str
    version: int | None  # null: a run that published nothing
    note: str = ""


def quarantine(
    platform: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Show the rows of this platform. Default: of all. Example: --platform shop",
        ),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Show the rows with this reason. Default: any. Example: --reason bad_time",
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Show the rows of files whose name has this text. Default: any. "
            "Example: --file orders-2026",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="The most rows to show. Unit: rows. Default: 20. Example: --limit 100",
        ),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option(
            "--version",
            metavar="N",
            help="Number of the store version. Unit: none. Default: the run that failed last, if "
            "nothing was published since; else the current version. Example: --version 3",
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show the rows in quarantine: counts, reasons and fixes; with a filter or a limit, the rows.

    Personal values are shown as pseudonyms or lengths.
    """
    from plait.config import load_config
    from plait.store import Store

    project = load_config(config)
    found = _open_quarantine(Store(project.store_uri), number)
    counts = count_quarantine(found.rows, project)
    _check_filters(counts, project, platform, reason)
    if (platform, reason, file, limit) == (None, None, None, None):
        _show_counts(found, counts, str(config), as_json=as_json)
        return
    rows = _filter_rows(found.rows, platform, reason, file)
    _show_rows(found, rows, limit or _MAX_ROWS, as_json=as_json)


def _open_quarantine(store: Store, number: int | None) -> _Quarantine:
    """Returns the quarantine of a version, or of a run that failed after the current one.

    Raises:
        StoreError: there is no such version.
        NothingFused: there is no version, and no run that failed.
    """
    from plait.store.failed_run import last_failed_run, scan_failed_run

    failed = None if number is not None else last_failed_run(store)
    if failed is not None:
        title = f"quarantine of the run that failed at {failed.at[:16].replace('T', ' ')} UTC"
        rows = scan_failed_run(store, "quarantine", failed)
        return _Quarantine(rows, title, None, f"It published nothing. {failed.message}")
    version = store.current() if number is None else store.version(number)
    title = f"quarantine of store version {version.number}"
    return _Quarantine(store.scan("quarantine", version), title, version.number)


def _check_filters(
    counts: list[SetAside], project: Project, platform: str | None, reason: str | None
) -> None:
    from plait.errors import UnknownPlatform, nearest

    known = {*project.platforms, *(entry["platform"] for entry in counts)}
    if platform is not None and platform not in known:
        raise UnknownPlatform(
            f"the project has no platform '{platform}'.", allowed=nearest(platform, known)
        )
    if reason is not None:
        check_reason(reason, (entry["reason"] for entry in counts))


def _filter_rows(
    rows: pl.LazyFrame, platform: str | None, reason: str | None, file: str | None
) -> pl.LazyFrame:
    import polars as pl

    if platform is not None:
        rows = rows.filter(pl.col("platform") == platform)
    if reason is not None:
        rows = rows.filter(pl.col("reason") == reason)
    if file is not None:
        rows = rows.filter(pl.col("file").str.contains(file, literal=True))
    return rows.sort("platform", "file", "row", "element", "field")


def _show_counts(found: _Quarantine, counts: list[SetAside], config: str, *, as_json: bool) -> None:
    if as_json:
        record = {"version": found.version, "note": found.note, "reasons": counts}
        typer.echo(json.dumps(record, indent=2))
        return
    if not counts:
        typer.echo(f"{found.title}: empty. No row was set aside.")
        return
    print_set_aside(output_console(), found.title, counts, fixes=True)
    if found.note:
        typer.echo(found.note)
    first = counts[0]
    typer.echo(
        f"See the rows: plait quarantine -c {config} --platform {first['platform']} "
        f"--reason {first['reason']}"
    )


def _show_rows(found: _Quarantine, rows: pl.LazyFrame, limit: int, *, as_json: bool) -> None:
    import polars as pl

    shown = rows.head(limit).collect()
    if as_json:
        for row in shown.iter_rows(named=True):
            typer.echo(json.dumps(row))
        return
    total = int(rows.select(pl.len()).collect().item())
    if not total:
        typer.echo(f"{found.title}: no row matches.")
        return
    typer.echo(f"{found.title}: {say_count(total, 'matching row')}{_first(shown.height, total)}")
    for row in shown.iter_rows(named=True):
        place = describe_place(row["file"], row["row"], row["element"])
        value = describe_value(row["field"], row["value"])
        words = reason_words(row["reason"])
        source = row["source"] or EVENTS_SOURCE
        typer.echo(f"\n{row['platform']} {source}  {place}  {value}\n  {row['reason']}: {words}")
        typer.echo(f"  {row['raw']}")


def _first(shown: int, total: int) -> str:
    return "" if shown == total else f"; the first {shown:,} (more with --limit)"
