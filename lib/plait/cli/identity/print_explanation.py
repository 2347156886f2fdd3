"""Prints an explanation: accounts as letters, the chain, waterfalls and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plait.cli.identity.print_waterfall import print_waterfall
from plait.identity.why.letters import name_accounts
from plait.say_count import say_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from plait.identity.find_account import Party
    from plait.identity.why.explanation import Evidence, Explanation

_MAX_WIDTH = 100
_MAX_OTHERS = 20  # the page and --json have all


def print_explanation(console: Console, found: Explanation, parties: Sequence[Party]) -> None:
    """Prints `found` for a terminal of 80 columns or more.

    Args:
        console: where to print.
        found: the explanation.
        parties: what was asked about.
    """
    console.width = min(console.width, _MAX_WIDTH)
    for party in parties:
        if party.retired:
            console.print(f"{party.retired} was merged into {party.person}.")
    letters = name_accounts(found)
    console.print(f"[bold]{headline(found)}[/]")
    _print_accounts(console, found, letters)
    for number, edge in enumerate(found.chain, 1):
        console.print(f"\n[bold]{number}[/]  {describe_edge(edge, letters)}")
        print_waterfall(console, edge)
    for reason in found.reasons:
        console.print(f"\n[yellow]{reason.code}[/]  {reason.text}", soft_wrap=False)
        if reason.evidence:
            console.print(f"   {describe_edge(reason.evidence, letters)}")
            print_waterfall(console, reason.evidence)
    _print_others(console, found, letters)


def headline(found: Explanation) -> str:
    """Returns the answer in one sentence."""
    if not found.joined:
        return "They are two persons."
    if found.first is None or found.second is None:
        n = sum(edge.dropped_as is None for edge in found.others)
        return (
            f"One person: {say_count(len(found.accounts), 'account')}, "
            f"{say_count(n, 'piece', 'pieces')} of evidence."
        )
    if found.first == found.second:
        return "Both are the same account."
    if not found.chain:
        return "They are one person, but this store version does not say why."
    chain = say_count(len(found.chain), "edge")
    return f"They are one person: {chain}, the weakest of weight {found.strength:.3f}."


def describe_edge(edge: Evidence, letters: Mapping[str, str]) -> str:
    """Returns one line: who, the rule, the weight and the time."""
    since = f", since {edge.since:%Y-%m-%d %H:%M} UTC" if edge.since else ""
    ends = f"{letters[edge.account_a]} ── {edge.rule} ── {letters[edge.account_b]}"
    return f"{ends}   weight {edge.weight:.3f}{since}"


def _print_accounts(console: Console, found: Explanation, letters: Mapping[str, str]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("", "account", "platform", "joined by"):
        table.add_column(heading, overflow="fold")
    table.add_column("events", justify="right")
    for person in found.persons:
        table.add_row("", f"[bold]{person}[/]")
        for each in sorted(
            found.accounts, key=lambda a: (len(letters[a.account]), letters[a.account])
        ):
            if each.person == person:
                cells = (each.account, each.platform, each.rule, f"{each.events:,}")
                table.add_row(letters[each.account], *cells)
    console.print(table)


def _print_others(console: Console, found: Explanation, letters: Mapping[str, str]) -> None:
    if not found.others:
        return
    console.print("\n[bold]Other evidence between these accounts[/]" if found.chain else "")
    for edge in found.others[:_MAX_OTHERS]:
        dropped = f"   [yellow]not used: {edge.dropped_as}[/]" if edge.dropped_as else ""
        console.print(f"   {describe_edge(edge, letters)}{dropped}")
        if not found.chain and not found.reasons:
            print_waterfall(console, edge)
    if (more := len(found.others) - _MAX_OTHERS) > 0:
        console.print(f"   and {more:,} more: --json has all")
