"""Prints an explanation: accounts as letters, the chain, waterfalls and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plait.cli.identity.print_waterfall import print_waterfall
from plait.identity.why.letters import name_accounts
from plait.identity.why.sentences import headline, say_since, say_weight

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from plait.identity.find_account import Party
    from plait.identity.why.explanation import Evidence, Explanation

_MAX_WIDTH = 100
_MAX_OTHERS = 20  # edges outside the chain; the page and --json have all
_MAX_ACCOUNTS = 30  # of one person


def print_explanation(console: Console, found: Explanation, parties: Sequence[Party]) -> None:
    """Prints `found` for a terminal of 80 columns or more.

    Args:
        console: where to print.
        found: the explanation.
        parties: what was asked about.
    """
    from rich.markup import escape

    console.width = min(console.width, _MAX_WIDTH)
    for party in parties:
        if party.retired:
            console.print(f"{party.retired} was merged into {party.person}.")
    letters = name_accounts(found)
    console.print(f"[bold]{escape(headline(found))}[/]")
    _print_accounts(console, found, letters)
    for number, edge in enumerate(found.chain, 1):
        console.print(f"\n[bold]{number}[/]  {_describe(edge, letters)}")
        print_waterfall(console, edge)
    for reason in found.reasons:
        console.print(f"\n[yellow]{reason.code}[/]  {escape(reason.text)}")
        if reason.evidence:
            console.print(f"   {_describe(reason.evidence, letters)}")
            print_waterfall(console, reason.evidence)
    _print_others(console, found, letters)


def _describe(edge: Evidence, letters: Mapping[str, str]) -> str:
    """Returns one line: who, the rule, the weight and the time."""
    from rich.markup import escape

    since = f", {say_since(edge)}" if edge.since else ""
    ends = f"{letters[edge.account_a]} ── {edge.rule} ── {letters[edge.account_b]}"
    return escape(f"{ends}   weight {say_weight(edge)}{since}")


def _print_accounts(console: Console, found: Explanation, letters: Mapping[str, str]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("", "account", "platform", "joined by"):
        table.add_column(heading, overflow="fold")
    table.add_column("events", justify="right")
    place = {account: number for number, account in enumerate(letters)}
    for person in found.persons:
        table.add_row("", f"[bold]{person}[/]")
        here = [each for each in found.accounts if each.person == person]
        here.sort(key=lambda each: place[each.account])
        for each in here[:_MAX_ACCOUNTS]:
            cells = (each.account, each.platform, escape(each.rule), f"{each.events:,}")
            table.add_row(letters[each.account], *cells)
        if (more := len(here) - _MAX_ACCOUNTS) > 0:
            table.add_row("", f"and {more:,} more: --json has all")
    console.print(table)


def _print_others(console: Console, found: Explanation, letters: Mapping[str, str]) -> None:
    if not found.others or found.reasons:
        return
    console.print("\n[bold]Other evidence between these accounts[/]" if found.chain else "")
    for edge in found.others[:_MAX_OTHERS]:
        dropped = f"   [yellow]not used: {edge.dropped_as}[/]" if edge.dropped_as else ""
        console.print(f"   {_describe(edge, letters)}{dropped}")
        if not found.chain:
            print_waterfall(console, edge)
    if (more := len(found.others) - _MAX_OTHERS) > 0:
        console.print(f"   and {more:,} more: --json has all")
