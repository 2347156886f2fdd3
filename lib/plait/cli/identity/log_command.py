"""`plait identity log`: every assertion with who, when and why, verified."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console
from plait.cli.identity.assertion_options import WhoOption, said_by, said_why
from plait.say_count import say_count

if TYPE_CHECKING:
    from plait.store import Store

_LIMIT = 50


def log(
    limit: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="The most lines to show, newest last. Unit: lines. Example: --limit 500",
        ),
    ] = _LIMIT,
    accept_break: Annotated[
        int | None,
        typer.Option(
            "--accept-break",
            min=1,
            metavar="N",
            help="Accept that entry N is broken and cannot be restored, so that the others count "
            "again; needs --why. Unit: none. Default: none is accepted. Example: --accept-break 7",
        ),
    ] = None,
    why: Annotated[
        str | None,
        typer.Option(
            "--why",
            metavar="TEXT",
            help="The reason to accept a break. Default: none. Example: --why 'a disk failed'",
        ),
    ] = None,
    who: WhoOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Verify the log of links, unlinks, undos and answers, and show it, newest last.

    What was posted to the endpoint is taken over from the feedback log first.
    """
    from plait.config import load_config
    from plait.store import Store
    from plait.store.require_writable import require_writable

    store = Store(load_config(config).store_uri)
    if accept_break is not None:
        if why is None:
            raise typer.BadParameter("--accept-break needs a reason.", param_hint="--why")
        require_writable(store)
        _accept(store, accept_break, said_by(who), said_why(why))
    _show(store, limit, as_json=as_json)


def _accept(store: Store, number: int, who: str, why: str) -> None:
    from plait.identity.assertions.identity_log import open_log

    entry = open_log(store).accept_break(number, who, why)
    typer.echo(
        f"Entry {entry.number} says that entry {number} is broken. What is left of it stays, and "
        "counts again if it is restored.",
        err=True,
    )


def _show(store: Store, limit: int, *, as_json: bool) -> None:
    from plait.identity.assertions.identity_log import open_log, record_history
    from plait.identity.assertions.log_lines import log_lines
    from plait.store.require_writable import ReadOnlyStore, require_writable

    try:
        require_writable(store)
    except ReadOnlyStore:
        typer.echo(
            "The store is read-only: links that are only posted yet are not shown.", err=True
        )
    else:
        record_history(store)
    content = open_log(store).read()
    lines = log_lines(content)
    if as_json:
        for line in lines[-limit:]:
            typer.echo(json.dumps(line))
        return
    if not lines:
        typer.echo("The identity log is empty.")
        return
    _print_lines(lines[-limit:])
    first = "" if len(lines) <= limit else f"; the last {limit:,} are shown (more with --limit)"
    counted = f"{say_count(len(lines), 'line')} in {say_count(content.end, 'entry', 'entries')}"
    typer.echo(f"{counted}{first}. The log is whole.")
    typer.echo(f"Its end: entry {content.end}, hash {content.head}")


def _print_lines(lines: list[dict[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    for heading in ("N", "time (UTC)", "who", "what", "accounts", "why"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "N")
    for line in lines:
        what = (
            f"{line['kind']} [dim](undone by {line['undone_by']})[/]" if line["undone_by"] else ""
        )
        ends = "\n".join(f"{a['account']} ({a['platform']})" for a in line["accounts"])
        told = ends or (f"of {line['of']}" if line["of"] else "")
        when = line["time"][:16].replace("T", " ")
        table.add_row(
            line["place"], when, line["who"] or "-", what or line["kind"], told, line["why"] or "-"
        )
    output_console().print(table)
