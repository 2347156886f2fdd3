"""Prints what a fuse noticed about values and files, apart from rows that were set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from plait.say_count import say_count

if TYPE_CHECKING:
    from rich.console import Console

_MAX_NAMED = 3  # files that are named


def print_notes(
    console: Console,
    platforms: dict[str, Any],
    base: str | None = None,
    several: Collection[str] = (),
) -> None:
    """Prints what was noticed, and how platforms differ in times and currencies.

    Args:
        console: where to print.
        platforms: the counts of each platform of a store version.
        base: the base currency of the project file, if it names one.
        several: the platforms with several logs.
    """
    from plait.fusion.row_counts import EMPTY_FILE, UNKNOWN_KEY

    noted = {name: entry["noted"] for name, entry in platforms.items() if entry.get("noted")}
    for name, notes in noted.items():
        by_kind = _group_notes(notes)
        if files := by_kind.get(EMPTY_FILE):
            named = ", ".join(list(files)[:_MAX_NAMED])
            more = f" and {len(files) - _MAX_NAMED} more" if len(files) > _MAX_NAMED else ""
            console.print(f"Skipped, without rows: {named}{more} (of '{name}').", highlight=False)
        if words := by_kind.get("null_word"):
            counted = ", ".join(f"{n:,} of {field}" for field, n in words.items())
            console.print(
                f"'{name}' has words such as NA in place of values, which were read as null: "
                f"{counted}. If they are values, set {_setting(name, several, 'nulls')}: []",
                highlight=False,
            )
    strange = {name: notes[UNKNOWN_KEY] for name, notes in noted.items() if UNKNOWN_KEY in notes}
    if strange:
        told = ", ".join(f"{n:,} of '{name}'" for name, n in strange.items())
        console.print(
            f"[yellow]Posted events have accounts of a pseudonym key that is not given here, so "
            f"they are of people apart: {told}.[/] Give the endpoint and the fuse the same keys.",
            highlight=False,
        )
    naive = {name: notes["naive_time"] for name, notes in noted.items() if "naive_time" in notes}
    if naive and len(naive) < len(platforms):
        told = ", ".join(f"{n:,} of '{name}'" for name, n in naive.items())
        console.print(
            f"[yellow]Times without an offset were read as UTC: {told}. Those of other platforms "
            f"name their zone.[/] Set {_setting(next(iter(naive)), several, 'time.zone')}: UTC, or "
            "the zone of these times.",
            highlight=False,
        )
    _print_currencies(console, platforms, base)


def print_blocked_keys(console: Console, counts: dict[str, Any], config: str) -> None:
    """Prints which values of identity keys identify nobody, and the command that lists them.

    Args:
        console: where to print.
        counts: the counts of a store version.
        config: the project file.
    """
    blocked: dict[str, dict[str, dict[str, int]]] = counts.get("blocked_keys", {})
    told = [
        f"{n['values']:,} of {key} ({reason}, {say_count(n['accounts'], 'account')})"
        for key, reasons in blocked.items()
        for reason, n in reasons.items()
    ]
    if told:
        console.print(
            f"[yellow]Key values that identify nobody: {', '.join(told)}.[/] "
            f"See which, and why: plait identity blocked -c {config}",
            highlight=False,
        )


def _setting(name: str, several: Collection[str], key: str) -> str:
    """Returns the setting `key` of the log of a platform, or of the right one of its logs."""
    number = ".0 (or another log)" if name in several else ""
    return f"platforms.{name}.events{number}.{key}"


def _print_currencies(console: Console, platforms: dict[str, Any], base: str | None) -> None:
    """Prints how many prices have no price_base, and what gives them one."""
    lacking: Counter[str] = Counter()
    for name, entry in platforms.items():
        by_code = entry.get("catalogue", {}).get("prices_without_rate", {})
        lacking.update({code: n for code, n in by_code.items() if code})
        if unnamed := by_code.get(""):
            console.print(
                f"[yellow]Prices without a currency have no price_base: {unnamed:,} of '{name}'.[/]"
                f" Set platforms.{name}.catalogue.columns.currency to their column, or to "
                "{constant: EUR} if all are in EUR.",
                highlight=False,
            )
    if not lacking:
        return
    counted = ", ".join(f"{n:,} in {code}" for code, n in sorted(lacking.items()))
    first = base or lacking.most_common(1)[0][0]
    rates = [f"currencies.rates.{code}" for code in sorted(lacking) if code != first]
    head = "" if base else f"currencies.base: {first}, and "
    console.print(
        f"[yellow]Prices without a rate have no price_base: {counted}.[/] Set {head}"
        f"{', '.join(rates)} to the {first} that one unit is worth.",
        highlight=False,
    )


def _group_notes(notes: dict[str, int]) -> dict[str, dict[str, int]]:
    """Returns kind -> subject -> count of the notes `kind:subject`."""
    groups: dict[str, dict[str, int]] = {}
    for what, n in notes.items():
        kind, _, subject = what.partition(":")
        groups.setdefault(kind, {})[subject] = n
    return groups
