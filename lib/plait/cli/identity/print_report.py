"""Prints the report on identity as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from plait.say_count import say_count

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from plait.identity.report.identity_report import IdentityReport, TruthReport
    from plait.identity.report.partition_agreement import PartitionAgreement

_LISTED = 5  # blocked values


def print_report(console: Console, found: IdentityReport) -> None:
    """Prints `found` for a terminal of 80 columns or more."""
    if found.truth is not None:
        _print_truth(console, found.truth)
    console.print(
        f"Store version {found.version}: [bold]{say_count(found.accounts, 'account')}[/] of "
        f"[bold]{say_count(found.persons, 'person', 'persons')}[/]; {found.joined:,} accounts are "
        f"joined to another, at most {found.largest:,} to one person."
    )
    rows: Iterable[Sequence[object]]
    rows = [(each["size"], each["persons"], each["accounts"]) for each in found.sizes]
    console.print(_table("persons by size", ("accounts each", "persons", "accounts"), rows))
    if found.evidence:
        heads = ("rule", "edges", "used", "lowest weight", "mean weight")
        rows = [[each[n] for n in ("rule", "edges", "used", "lowest", "mean")]
                for each in found.evidence]  # fmt: skip
        console.print(_table("evidence", heads, rows))
    if found.rounds:
        console.print(f"Connected components took {say_count(found.rounds, 'round')}.")
    if "unlinkable_share" in found.model:
        console.print(
            f"{found.model['unlinkable_share']:.1%} of the records that were compared say too "
            "little to be linked, even to a copy."
        )
    if found.dropped:
        said = ", ".join(f"{n:,} {why}" for why, n in found.dropped.items())
        console.print(f"Not used: {said}.")
    if found.blocked:
        names = ("key", "reason", "values", "accounts")
        rows = [[each[n] for n in names] for each in found.blocked]
        console.print(_table("values that identify nobody", names, rows))
        names = ("key", "prefix", "accounts", "reason")
        rows = [[each[n] for n in names] for each in found.blocked_values[:_LISTED]]
        console.print(_table("the most common of them", names, rows))
    else:
        console.print("No value of a key was blocked.")


def _print_truth(console: Console, truth: TruthReport) -> None:
    from rich.markup import escape

    heads = ("compared with the truth", "accounts", "precision", "recall", "F1")
    whole = [("pairs of accounts", truth.all), *truth.platforms.items()]
    rows = [_figures(name, each) for name, each in whole if each.accounts]
    cubed = truth.all.b_cubed
    rows.insert(1, ("B-cubed", truth.all.accounts, cubed.precision, cubed.recall, cubed.f1))
    console.print(_table("", heads, rows))
    console.print(
        f"Adjusted Rand index {truth.all.adjusted_rand:.4f}. Pairs: {truth.all.pairs_found:,} "
        f"found, {truth.all.pairs_true:,} true, {truth.all.pairs_both:,} of them found."
    )
    if truth.unknown_accounts:
        console.print(
            f"[yellow]{say_count(truth.unknown_accounts, 'account')} of the truth "
            f"{'is' if truth.unknown_accounts == 1 else 'are'} not in the store, and not "
            "compared.[/]"
        )
    if truth.without_truth:
        console.print(
            f"{say_count(truth.without_truth, 'account')} of the store without a truth: not "
            "compared."
        )
    if truth.left_out:
        said = ", ".join(f"{n:,} {escape(why)}" for why, n in truth.left_out.items())
        console.print(f"[yellow]Rows of the truth that were left out: {said}.[/]")
    console.print()


def _figures(name: str, each: PartitionAgreement) -> tuple[object, ...]:
    pairs = each.pairwise
    return (name, each.accounts, pairs.precision, pairs.recall, pairs.f1)


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _cell(value: object) -> str:
    from rich.markup import escape

    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value or ""))
