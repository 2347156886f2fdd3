"""Drafts the event type of a log: words, flags, or one type for all rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from plait.inspection.column_names import plain_name, rate_name
from plait.inspection.describe_flags import describe_flags, find_flags
from plait.inspection.draft import Draft
from plait.inspection.event_words import find_event_type, is_unwanted, same_words
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
        _by_words(draft, column, table[column].words, table[column].number_share > 0.9)
    elif flags := find_flags(table):
        describe_flags(draft, table, roles, kind, flags)
    elif told := _in_titles(table):
        title, words = told
        draft.settings["type"] = {"column": title, "match": r"^(\w+)", "map": _map(draft, words)}
    else:
        guess, why = _constant(table, roles, kind)
        draft.settings["type"] = guess
        draft.ask(("type",), f"No column says what was done; {why}. Types: {_KNOWN_TYPES}.")


def _by_words(draft: Draft, column: str, words: Mapping[str, int], coded: bool) -> None:
    mapped = {word: find_event_type(word) for word in words}
    if not any(mapped.values()):
        draft.settings["type"] = "view"
        what = "codes" if coded else "words"
        draft.ask(
            ("type",), f"The {what} of '{column}' are not known. What does each mean? Then write:"
        )
        draft.tell(("type",), f"type: {{column: {column}, map: {{...}}}}")
        for word, count in list(words.items())[:_MAX_LISTED]:
            draft.tell(("type",), f"  '{word}': TYPE  # {count:,} rows")
        return
    if same_words(words):
        draft.settings["type"] = {"column": column}
        return
    settings: dict[str, Any] = {"column": column, "map": _map(draft, words)}
    lowered = {word.lower() for word in words}
    if len(lowered) < len(words):
        settings["ignore_case"] = True
        settings["map"] = {word.lower(): kind for word, kind in settings["map"].items()}
    draft.settings["type"] = settings


def _map(draft: Draft, words: Mapping[str, int]) -> dict[str, str | None]:
    """Returns the event type of each word, and asks about words that are not known."""
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
            draft.ask(place, f"{count:,} rows: what is it?", tail=True)
    return mapped


def _in_titles(table: SampleTable) -> tuple[str, dict[str, int]] | None:
    for name, facts in table.columns.items():
        if rate_name("title", name) >= 0.7 and (words := types_in_first_words(facts)):
            return name, words
    return None


def _constant(table: SampleTable, roles: Roles, kind: str) -> tuple[str, str]:
    """Returns the type of all rows, and why."""
    names = " ".join(map(plain_name, table.columns)) + " " + " ".join(f.name for f in table.files)
    names = names.lower()
    if roles.get("rating"):
        return "rate", "rows have a rating, so each is taken for a rating"
    bought = any(rate_name("quantity", name) for name in table.columns)
    if bought or (
        roles.get("value") and any(w in names for w in ("order", "purchase", "invoice", "basket"))
    ):
        return "purchase", "rows look like lines of orders, so each is taken for a purchase"
    if any(
        word in names for word in ("order", "purchase", "invoice", "bestell", "kauf", "transaction")
    ):
        return "purchase", "names speak of orders, so each row is taken for a purchase"
    for word in re.findall(r"[a-z]+", PurePosixPath(table.files[0].name).name.lower())[:-1]:
        if (told := find_event_type(word)) and told != "post":
            return told, f"the file's name speaks of {word}, so each row is taken for a {told}"
    by_kind = {"video": "watch", "music": "play", "news": "read"}
    if kind in by_kind and (roles.get("dwell") or kind != "news"):
        return by_kind[kind], f"names speak of {kind}, so each row is taken for a {by_kind[kind]}"
    if "click" in names:
        return "click", "names speak of clicks, so each row is taken for a click"
    return "view", "each row is taken for a view"
