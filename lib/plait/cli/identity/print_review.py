"""Prints a pair to be answered: its accounts, what speaks for it and against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from plait.cli.identity.print_waterfall import print_waterfall
from plait.identity.why.sentences import say_weight
from plait.say_count import say_count

if TYPE_CHECKING:
    from rich.console import Console

    from plait.cli.identity.open_people import OpenPeople
    from plait.identity.review.review_pairs import ReviewPair

Values = Mapping[str, list[dict[str, str | None]]]  # the records of each account
_MAX_WIDTH = 100


def print_pair(console: Console, pair: ReviewPair, place: str, values: Values) -> None:
    """Prints `pair` for a terminal of 80 columns or more.

    Args:
        console: where to print.
        pair: the pair.
        place: which one it is, such as 1 of 12.
        values: raw records of accounts, by pseudonym; empty: none is shown.
    """
    from rich.markup import escape

    console.width = min(console.width, _MAX_WIDTH)
    edge = pair.evidence
    now = "one person now" if edge.dropped_as is None else "two persons now"
    console.print(
        f"\n[bold]{place}[/]  {escape(edge.rule)}, probability [bold]{say_weight(edge)}[/], {now}; "
        f"{say_count(pair.accounts, 'account')} with {say_count(pair.events, 'event')} depend on it"
    )
    for letter, each in (("A", pair.one), ("B", pair.two)):
        console.print(f"  [bold]{letter}[/] {each.account} ({each.platform})")
    print_waterfall(console, edge)
    if values:
        _print_values(console, pair, values)


def read_values(opened: OpenPeople, pairs: Sequence[ReviewPair]) -> Values:
    """Returns the raw records of all accounts in `pairs`, by pseudonym."""
    from plait.identity.raw_records import values_of

    ends = [each for pair in pairs for each in (pair.one, pair.two)]
    found: dict[str, list[dict[str, str | None]]] = {}
    for platform in sorted({each.platform for each in ends} & set(opened.project.platforms)):
        here = [each.account for each in ends if each.platform == platform]
        rows = values_of(opened.project, opened.key, platform, here)
        for row in rows.iter_rows(named=True):
            found.setdefault(row.pop("pseudonym"), []).append(row)
    return found


def _print_values(console: Console, pair: ReviewPair, values: Values) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    sides = [_joined_records(values.get(each.account, [])) for each in (pair.one, pair.two)]
    names = dict.fromkeys((*sides[0], *sides[1]))
    if not names:
        console.print("  The accounts files have no value of either account.")
        return
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("value", "A", "B"):
        table.add_column(heading, overflow="fold")
    for name in names:
        a, b = (side.get(name, "") for side in sides)
        style = "green" if a and a == b else "red" if a and b else "dim"
        table.add_row(Text(name), Text(a, style=style), Text(b, style=style))
    console.print(table)


def _joined_records(records: Sequence[Mapping[str, str | None]]) -> dict[str, str]:
    """Returns the values of each field of an account that may have several records."""
    names = dict.fromkeys(name for record in records for name in record)
    told = {n: dict.fromkeys(str(r[n]) for r in records if r.get(n)) for n in names}
    return {name.partition(":")[2]: ", ".join(found) for name, found in told.items() if found}
