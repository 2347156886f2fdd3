"""Finds ids inside addresses, words at the beginning of titles, and lists written as text."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from plait.inspection.column_facts import ColumnFacts
from plait.inspection.event_words import find_event_type

_PARAMETERS = ("v", "id", "item", "item_id", "product", "product_id", "sku", "article", "pid", "p")
_KINDS = (
    "products", "product", "items", "item", "dp", "p", "articles", "article", "videos", "video",
    "watch",
    "news", "story", "stories", "books", "book", "movies", "movie", "title", "tracks", "track",
    "albums", "album", "posts", "post", "comments", "status", "questions", "recipes", "recipe",
    "listing", "shop", "content", "games", "game", "episode", "artikel", "produkt", "sku",
)  # fmt: skip
_SPLITS = (" ", "|", ";", ",")
_RESULT = r"^(.+)[-:_]([01])$"


def match_in_address(facts: ColumnFacts) -> tuple[str, float] | None:
    """Returns a pattern for the id in addresses, and the share of them that have one.

    Without an id, the pattern is that of the address without its query; null if there is none.
    """
    rates = {f"[?&]{name}=([^&#]+)": 0.0 for name in _PARAMETERS}
    rates = {pattern: facts.share(pattern) for pattern in rates}
    best = max(rates, key=lambda pattern: rates[pattern])
    if rates[best] >= 0.5:
        if facts.share(rf"{best[:-9]}=[\w-]{{11}}(?:[&#]|$)") > 0.95 * rates[best]:
            return best.replace("[^&#]+", r"[\w-]{11}"), rates[best]
        return best, rates[best]
    used = [kind for kind in _KINDS if facts.share(f"/{kind}/[^/?#]") >= 0.02]
    if used:
        pattern = f"/(?:{'|'.join(used)})/([^/?#]+)" if len(used) > 1 else f"/{used[0]}/([^/?#]+)"
        if (share := facts.share(pattern)) >= 0.3:
            return pattern, share
    if len(facts.given.str.extract(r"^https?://([^/?#]+)", 1).drop_nulls().unique()) > 1:
        return None  # a number alone does not tell items of different sites apart
    for pattern in (r"/(\d+)(?:[/?#.]|$)", r"-(\d{4,})(?:\.html?)?(?:[?#]|$)"):
        if (share := facts.share(pattern)) >= 0.6:
            return pattern, share
    return ("^([^?#]+)", 1.0) if facts.share(r"[?#]") > 0 else None


def types_in_first_words(facts: ColumnFacts) -> dict[str, int] | None:
    """Returns the rows of each first word, if these words say what was done; else null."""
    if not len(facts.given):
        return None
    words = facts.given.str.extract(r"^(\w+)", 1).drop_nulls()
    words = words.filter(words.str.contains(r"(?i)ed$|^(?:an)?gesehen$"))
    counts = words.value_counts(sort=True, name="n")
    found = dict(zip(counts[words.name].to_list(), counts["n"].to_list(), strict=True))
    known = sum(n for word, n in found.items() if find_event_type(word))
    if known < 0.8 * len(facts.given) or facts.unique_share < 0.05:
        return None
    return {word: n for word, n in list(found.items())[:12] if n > 1 or find_event_type(word)}


@dataclass(frozen=True)
class TextList:
    """A column whose text is a list of ids.

    Attributes:
        column: the column.
        split: the text between the elements.
        results: whether each element ends in -0 or -1, which says whether it was chosen.
        lengths: the number of elements of each row.
    """

    column: str
    split: str
    results: bool
    lengths: tuple[int, ...]


def find_text_list(facts: ColumnFacts) -> TextList | None:
    """Returns the list that the text of a column is; null if it is none."""
    if facts.is_json or facts.time is not None or facts.is_clock or not len(facts.given):
        return None
    for split in _SPLITS:
        parts = facts.given.str.split(split)
        if float((parts.list.len() > 1).mean() or 0) < 0.4:  # type: ignore[arg-type]
            continue
        tokens = parts.explode().str.strip_chars().drop_nulls()
        tokens = tokens.filter(tokens != "")
        ids = tokens.str.contains(r"^[A-Za-z]{0,8}[-_]?\d[\w-]*$") | tokens.str.contains(_RESULT)
        if float(ids.mean() or 0) < 0.95 or tokens.n_unique() == len(tokens):  # type: ignore[arg-type]
            continue
        results = float(tokens.str.contains(_RESULT).mean() or 0) > 0.99  # type: ignore[arg-type]
        lengths = tuple(facts.values.str.split(split).list.len().fill_null(0).to_list())
        return TextList(facts.name, split, results, lengths)
    return None


def separator_of(facts: ColumnFacts) -> str | None:
    """Returns the mark between the parts of categories or tags; null if there is none."""
    if facts.is_json:
        return None
    rates = {mark: facts.share(re.escape(mark)) for mark in ("|", ">", ";", "/", ",")}
    best = max(rates, key=lambda mark: rates[mark])
    return best if rates[best] > 0.2 else None


def overlap(one: pl.Series, other: pl.Series) -> float:
    """Returns the share of the fewer distinct values that occur among the others, 0 to 1."""
    few, many = sorted((one.drop_nulls().unique(), other.drop_nulls().unique()), key=len)
    return float(few.is_in(many.implode()).mean() or 0) if len(few) else 0.0  # type: ignore[arg-type]
