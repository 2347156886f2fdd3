"""Drafts the event type of a log: words, flags, or one type for all rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.inspection.column_names import rate_name
from plait.inspection.describe_flags import describe_flags, find_flags
from plait.inspection.draft import Draft
from plait.inspection.event_words import find_event_type, is_unwanted, same_words
from plait.inspection.guess_type import guess_type
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable
from plait.inspection.value_parts import types_in_first_words

_MAX_LISTED = 40  # words of a type column that are written
_KNOWN_TYPES = "view, click, play, watch, read, like, save, cart, purchase, rate and others"


def describe_type(draft: Draft, table: SampleTable, roles: Roles, kind: str) -> None:
    """Adds the setting `type` to the draft of a log.

    Args:
        draft: the draft of the log.
        table: the sample.
        roles: the roles of its columns.
        kind: the kind of the platform, which tells the type of a log without one.
    """
    if column := roles.get("type"):
        _by_words(draft, table, column, guess_type(table, roles, kind)[0])
    elif flags := find_flags(table):
        describe_flags(draft, table, roles, kind, flags)
    elif told := _in_titles(table):
        title, words = told
        draft.settings["type"] = {"column": title, "match": r"^(\w+)", "map": _map(draft, words)}
    else:
        guess, why = guess_type(table, roles, kind)
        draft.settings["type"] = guess
        other = next(name for name in ("view", "click", "purchase") if name != guess)
        draft.ask(
            ("type",),
            f"No column says what was done; {why}. Types: {_KNOWN_TYPES}.",
            instead={"type": other},
        )


def _by_words(draft: Draft, table: SampleTable, column: str, guess: str) -> None:
    words = table[column].words
    value: dict[str, Any] = {"column": column}
    if second := _second(table, column):
        value = {"first": [column, second]}
        gaps = table[column].values.is_null()
        more = type(table[second])(second, table[second].values.filter(gaps)).words
        words = dict(words) | {word: n for word, n in more.items() if word not in words}
        draft.tell(("type",), f"Where '{column}' is null, '{second}' says what was done.")
    if not any(find_event_type(word) for word in words):
        what = "codes" if table[column].number_share > 0.9 else "words"
        draft.ask(("type",), f"The {what} of '{column}' are not known. What does each mean?")
        draft.settings["type"] = value | {"map": _map(draft, words, guess)}
        return
    if same_words(words):
        draft.settings["type"] = value
        return
    settings = value | {"map": _map(draft, words)}
    lowered = {word.lower() for word in words}
    if len(lowered) < len(words):
        settings["ignore_case"] = True
        settings["map"] = {word.lower(): kind for word, kind in settings["map"].items()}
    draft.settings["type"] = settings


def _second(table: SampleTable, column: str) -> str | None:
    """Returns another column of few words that fills the gaps of the first."""
    gaps = table[column].values.is_null()
    if table[column].null_share <= 0.02:
        return None
    for name, facts in table.columns.items():
        filled = facts.values.filter(gaps)
        few = 0 < facts.distinct <= 20 and not facts.is_flag
        fills = filled.null_count() < 0.1 * max(1, len(filled))
        if name != column and rate_name("type", name) >= 0.9 and few and fills:
            return name
    return None


def _map(draft: Draft, words: Mapping[str, int], guess: str | None = None) -> dict[str, str | None]:
    """Returns the event type of each word, and asks about words that are not known.

    Args:
        draft: the draft of the log.
        words: the rows of each word.
        guess: the event type of words that are not known; null: their rows are not wanted.
    """
    mapped: dict[str, str | None] = {}
    for word, count in list(words.items())[:_MAX_LISTED]:
        mapped[word] = find_event_type(word)
        place = ("type", "map", word)
        if mapped[word] is not None:
            draft.tell(place, f"{count:,} rows", tail=True)
        elif is_unwanted(word):
            draft.tell(
                place, f"{count:,} rows, not wanted: they say nothing about taste", tail=True
            )
        else:
            mapped[word] = guess
            draft.ask(place, f"{count:,} rows: what is it?", tail=True)
    return mapped


def _in_titles(table: SampleTable) -> tuple[str, dict[str, int]] | None:
    for name, facts in table.columns.items():
        if rate_name("title", name) >= 0.7 and (words := types_in_first_words(facts)):
            return name, words
    return None
