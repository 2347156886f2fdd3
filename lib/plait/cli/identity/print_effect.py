"""Prints what an assertion changes at the next fuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from plait.cli.console import output_console
from plait.say_count import say_count

if TYPE_CHECKING:
    from plait.identity.assertions.assertion_effect import AssertionEffect

_CHANGES = {
    "merge": "merges persons",
    "split": "splits a person",
    "both": "moves accounts between persons",
    "none": "changes no person",
}


def print_effect(effect: AssertionEffect) -> None:
    """Prints a sentence, and the accounts of all persons concerned."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    moved = effect.moved
    counted = say_count(moved.height, "account"), say_count(int(moved["events"].sum()), "event")
    more = f": {counted[0]} with {counted[1]} move to another person" if moved.height else ""
    typer.echo(f"By the evidence of now, the next fuse {_CHANGES[effect.change]}{more}.")
    table = Table(box=SIMPLE_HEAD)
    for heading in ("account", "platform", "person now", "person then"):
        table.add_column(heading, overflow="fold")
    table.add_column("events", justify="right")
    for account, platform, events, before, after in effect.accounts.iter_rows():
        after = "the same" if before == after else after
        table.add_row(account, platform, before or "-", after, f"{events:,}")
    output_console().print(table)
    if effect.unknown:
        version = "the store" if effect.version is None else f"store version {effect.version}"
        typer.echo(
            f"{version} does not have {' or '.join(effect.unknown)}: check the id. It is kept in "
            "case that the account comes later.",
            err=True,
        )
