"""Drafts the ratings of a log and their scale."""

from __future__ import annotations

from typing import Any

import polars as pl

from plait.inspection.column_facts import ColumnFacts
from plait.inspection.draft import Draft, percent


def describe_rating(draft: Draft, facts: ColumnFacts, columns: dict[str, Any]) -> None:
    """Adds the rating to `columns`, and its scale to the draft."""
    place = ("rating_scale",)
    low, _, high = facts.range
    columns["rating"] = facts.name
    if (none := _no_rating(facts)) is not None:
        share = float((facts.numbers == none).mean() or 0)  # type: ignore[arg-type]
        words = sorted(set(facts.given.filter(facts.given.cast(pl.Float64, strict=False) == none)))
        columns["rating"] = {"column": facts.name, "map": dict.fromkeys(words)}
        draft.ask(
            ("columns", "rating"),
            f"{percent(share)} are {none:g}. Does {none:g} stand for no rating?",
            instead={"rating": facts.name},
        )
        low = float(facts.numbers.filter(facts.numbers > none).min() or 0)  # type: ignore[arg-type]
    best = next((top for top in (1, 5, 10, 20, 100) if high <= top), high)
    worst = min(low, 1.0) if low >= 0 else -best
    if low > 0.5 or (best in (20, 100) and low > 0):
        worst = 1.0 if best <= 10 else 0.0
    if (worst, best) != (1.0, 5):
        draft.settings["rating_scale"] = {"worst": worst, "best": best}
        seen = {"worst": low, "best": high}
        other = seen if (worst, best) != (low, high) else {"worst": 0.0, "best": best}
        draft.ask(
            place,
            f"Ratings are {low:g} to {high:g}. Are these the ends of the scale?",
            instead={"rating_scale": other},
        )


def _no_rating(facts: ColumnFacts) -> float | None:
    """Returns the number that stands for no rating, below all others; null if none does."""
    low, _, high = facts.range
    share = float((facts.numbers == low).mean() or 0)  # type: ignore[arg-type]
    rest = facts.numbers.filter(facts.numbers > low)
    if share < 0.05 or not facts.whole or not len(rest):
        return None
    if low == 0 and high in (5, 10) and share > 0.15:
        return 0.0
    return low if low in (-1, -9, -99) and rest.min() >= 0 else None  # type: ignore[operator]
