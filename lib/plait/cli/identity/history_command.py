"""`plait identity history`: what happened to a person, from version to version."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console
from plait.cli.identity.open_people import open_people
from plait.say_count import say_count

if TYPE_CHECKING:
    from plait.identity.person_history import PersonHistory

_MAX_WIDTH = 110


def history(
    person: Annotated[
        str,
        typer.Argument(
            help="A person id p_..., active or retired, or an account of the person: platform:id "
            "as in its log, or a pseudonym a_... Example: shop:c-17"
        ),
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show what happened to a person: merges, splits, and accounts that came and went."""
    from plait.identity.person_history import read_history

    opened = open_people(config)
    party = opened.party(person)
    found = read_history(opened.people, party.retired or party.person)
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    _print_history(found)


def _print_history(found: PersonHistory) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    console = output_console()
    console.width = min(console.width, _MAX_WIDTH)
    if found.merged_into:
        now = f"is part of {found.merged_into} now: plait identity history {found.merged_into}"
    elif found.accounts:
        now = f"has {say_count(found.accounts, 'account')} on {', '.join(found.platforms)}."
    else:
        now = "has no account any more."
    console.print(f"[bold]{found.person}[/] {now}", soft_wrap=True)
    for retired in found.retired:
        console.print(f"  {retired} is part of it.")
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("version", justify="right")
    table.add_column("published (UTC)", no_wrap=True)
    table.add_column("change", no_wrap=True)
    table.add_column("what happened", overflow="fold")
    for event in found.events:
        when = event.published[:16].replace("T", " ") if event.published else "removed by gc"
        table.add_row(str(event.version), when, event.change, event.text)
    console.print(table)
