"""Drafts the settings of an event log from the roles of its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from plait.inspection.column_facts import ColumnFacts
from plait.inspection.column_names import plain_name, rate_name
from plait.inspection.describe_search import describe_search
from plait.inspection.describe_times import describe_seconds, describe_time
from plait.inspection.describe_types import describe_type
from plait.inspection.draft import Draft, percent, shorten
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable
from plait.inspection.unlike_rows import tell_rows_apart
from plait.inspection.value_parts import TextList, match_in_address

_FIELDS = ("session", "event_id", "query", "topic", "currency")


def describe_log(table: SampleTable, roles: Roles, kind: str, results: TextList | None) -> Draft:
    """Returns the draft of an event log.

    Args:
        table: the sample.
        roles: the roles of its columns.
        kind: the kind of the platform.
        results: the opened list whose elements end in -0 or -1; null if there is none.
    """
    draft = Draft()
    columns: dict[str, Any] = {}
    draft.settings["columns"] = columns
    columns["account"] = _account(draft, table, roles)
    if (item := _item(draft, table, roles, results)) is not None:
        columns["item"] = item
    describe_time(draft, table, roles, columns)
    if results is not None:
        draft.settings["type"] = {
            "column": "each",
            "match": r"[-:_]([01])$",
            "map": {"1": "click", "0": "view"},
        }
        clicks = draft.settings["type"] | {"map": {"1": "click", "0": None}}
        draft.ask(
            ("type",),
            "Is -1 a click and -0 only shown? Or are those that were shown left out?",
            instead={"type": clicks},
        )
    else:
        describe_type(draft, table, roles, kind)
    if item is None and roles.get("query"):
        draft.settings["type"] = "search"
        draft.notes = [note for note in draft.notes if note.place != ("type",)]
    describe_search(draft, table, roles, columns)
    _numbers(draft, table, roles, columns)
    tell_rows_apart(draft, table, roles, columns, kind)
    types = draft.settings["type"]
    words = set((types.get("map") or {}).values()) if isinstance(types, dict) else {types}
    for field in _FIELDS:
        column = roles.get(field)
        if column and column != roles.get("account") and (field != "query" or "search" in words):
            columns[field] = _maybe_optional(table, column)
    creator = roles.get("creator")
    if creator and (item is None or words & {"follow", "unfollow"}):
        columns["creator"] = _maybe_optional(table, creator)
    if table.broken > 0:
        draft.tell(
            (), f"{percent(table.broken)} of the sampled rows are broken; fuse sets them aside."
        )
    if table.others:
        draft.tell((), f"Lists that are not opened: {', '.join(table.others)} (see `each`).")
    return draft


def _maybe_optional(table: SampleTable, column: str) -> Any:
    return {"column": column, "optional": True} if column in table.optional else column


def _filled(table: SampleTable, column: str) -> Any:
    """Returns a column, or the first of it and one of the same name that has its gaps filled."""
    facts = table[column]
    same = [n for n in table.columns if n != column and plain_name(n) == plain_name(column)]
    second = next((n for n in same if facts.null_share > 0.02 and _fills(facts, table[n])), None)
    return {"first": [column, second]} if second else _maybe_optional(table, column)


def _alternatives(draft: Draft, table: SampleTable, roles: Roles, role: str) -> None:
    for other in roles.others.get(role, []):
        facts = table[other]
        about = (
            f"{percent(facts.null_share)} of the values are null"
            if facts.null_share
            else (f"{facts.distinct:,} different values")
        )
        draft.tell(("columns", role), f"{role}: also possible: {other} ({about})")


def _account(draft: Draft, table: SampleTable, roles: Roles) -> Any:
    column = roles.get("account")
    place = ("columns", "account")
    if column is None:
        if pattern := _name_in_files([file.name for file in table.files]):
            draft.ask(
                place, "No column names the account. Is the part of the file's name the account?"
            )
            return {"file": pattern}
        draft.tell(place, "No column names the account: the log of one person, who is called me.")
        return {"constant": "me"}
    facts = table[column]
    if table.has_header or roles.rated["account"] > 0.5:
        _alternatives(draft, table, roles, "account")
    else:
        item = roles.get("item")
        draft.ask(
            place,
            "The file has no header. Is the first id the account, or is it the item?",
            instead={"account": item, "item": column} if item in table.columns else None,
        )
    if rate_name("account", column) <= 0.35 and table.has_header:
        agent = next((n for n in table.columns if re.search(r"(?i)agent", n)), None)
        both = {"account": {"text": f"{{{column}}} {{{agent}}}"}} if agent else None
        text = "An address of a network is shared by many persons, or a person has several."
        if both:
            draft.ask(place, f"{text} Is its browser part of the account?", instead=both)
        else:
            draft.tell(place, text)
    elif rate_name("account", column) <= 0.5 and table.has_header:
        draft.tell(place, "A session is not a person: a column that names one would be better.")
    if facts.null_share > 0.02:
        others = [
            name
            for name, other in table.columns.items()
            if name != column and rate_name("account", name) >= 0.35 and not other.is_url
            and _fills(facts, other)
        ]  # fmt: skip
        others.sort(key=lambda name: -rate_name("account", name))
        if others:
            draft.tell(
                place, f"{percent(facts.null_share)} of '{column}' are null: then the next is used."
            )
            return {"first": [column, others[0]]}
        draft.tell(
            place, f"{percent(facts.null_share)} of the values are null; fuse sets such rows aside."
        )
    if facts.is_email:
        draft.tell(place, "E-mail addresses; the store holds only pseudonyms of them.")
    return _maybe_optional(table, column)


def _fills(facts: ColumnFacts, other: ColumnFacts) -> bool:
    gaps = facts.values.is_null()
    found = other.values.filter(gaps)
    return bool(len(found)) and found.null_count() < 0.5 * len(found)


def _name_in_files(names: Sequence[str]) -> str | None:
    """Returns a pattern for the part in which names of files differ, if it is a word."""
    if len(names) < 2:
        return None
    head, tail = names[0], names[0]
    for name in names[1:]:
        while not name.startswith(head):
            head = head[:-1]
        while not name.endswith(tail):
            tail = tail[1:]
    parts = [name[len(head) : len(name) - len(tail)] for name in names]
    if not all(re.fullmatch(r"[A-Za-z]\w*", part) for part in parts):
        return None
    return f"{re.escape(head[head.rfind('/') + 1 :])}(.+){re.escape(tail)}$"


def _item(draft: Draft, table: SampleTable, roles: Roles, results: TextList | None) -> Any:
    place = ("columns", "item")
    if results is not None:
        return {"column": "each", "match": r"^(.+)[-:_][01]$"}
    column = roles.get("item")
    title = _find(table, "title", 0.3, set(roles.chosen.values()) - {column})
    if column is None or (rate_name("item", column) < 0.5 and not _unnamed(table)):
        return _item_by_title(draft, table, title, column)
    facts = table[column]
    _alternatives(draft, table, roles, "item")
    if _unnamed(table) and roles.rated.get("item", 1) <= 0.5 and roles.others.get("item"):
        draft.ask(
            place,
            "The file has no header. Is this id the item?",
            instead={"item": roles.others["item"][0]},
        )
    settings: dict[str, Any] = {"column": column}
    if facts.is_url and (found := match_in_address(facts)):
        pattern, share = found
        settings["match"] = pattern
        if share < 0.95:
            draft.ask(
                place,
                f"{percent(share)} of the addresses have such an id; the others become no events. "
                "Or is every page an item?",
                instead={"item": {"column": column, "match": "^([^?#]+)"}},
            )
        elif pattern == "^([^?#]+)":
            draft.ask(
                place,
                "The address without its query is the item. Is there an id in it?",
                instead={"item": {"column": column, "match": r"([^/?#]+)/?(?:[?#]|$)"}},
            )
    if column in table.optional:
        settings["optional"] = True
    if facts.null_share > 0.02:
        second = next(
            (n for n, f in table.columns.items() if n != column and rate_name("item", n) >= 0.8
             and f.is_id and _fills(facts, f) and plain_name(n) == plain_name(column)),
            None,
        )  # fmt: skip
        mixed = column.rpartition(".")[0]  # an object in some rows, and only its id in others
        if not second and mixed in table.columns and _fills(facts, table[mixed]):
            second = mixed
            settings.pop("match", None)
        second = second or _text_instead(table, facts)
        if second:
            draft.tell(
                place, f"{percent(facts.null_share)} of '{column}' are null: then the next is used."
            )
            return {"first": [shorten(settings), second]}
        draft.tell(place, f"{percent(facts.null_share)} of the rows have no item.")
    return column if settings.keys() == {"column"} else settings


def _text_instead(table: SampleTable, ids: ColumnFacts) -> str | None:
    """Returns the text that stands for an item without an id, in a table without a header."""
    texts = [] if table.has_header else [
        name for name, facts in table.columns.items()
        if facts.is_sentence and _fills(ids, facts) and facts.unique_share < 0.9
    ]  # fmt: skip
    return max(texts, key=lambda name: table[name].distinct, default=None)


def _item_by_title(draft: Draft, table: SampleTable, title: str | None, column: str | None) -> Any:
    place = ("columns", "item")
    maker = _find(table, "brand", 0.9, set())
    if title and maker and title != maker:
        draft.tell(place, "No column has an id of the item, so its maker and title are its id.")
        return {"text": f"{{{maker}}} – {{{title}}}"}
    chosen = title or column
    if chosen is not None:
        text = f"No column has an id of the item, so '{chosen}' is its id."
        if table[chosen].share(r"\S: \S") > 0.1:
            instead = {"item": {"column": chosen, "match": "^([^:]+)"}}
            draft.ask(place, f"{text} Or the part before the first colon?", instead=instead)
        else:
            draft.tell(place, text)
    return chosen


def _unnamed(table: SampleTable) -> bool:
    return not table.has_header


def _find(table: SampleTable, role: str, least: float, taken: set[Any]) -> str | None:
    rates = {
        name: rate_name(role, name)
        for name, facts in table.columns.items()
        if name not in taken
        and rate_name("account", name) < 0.75
        and (role == "brand" or rate_name("brand", name) < 0.9)
        and facts.time is None
        and not facts.is_url
        and facts.number_share < 0.9
        and facts.null_share < 0.5
    }
    best = max(rates, key=lambda name: rates[name], default=None)
    return best if best is not None and rates[best] >= least else None


def _numbers(draft: Draft, table: SampleTable, roles: Roles, columns: dict[str, Any]) -> None:
    if column := roles.get("value"):
        columns["value"] = _filled(table, column)
        if table[column].has_commas:
            draft.settings["decimal"] = ","
        pieces = next((n for n in table.columns if n != column and rate_name("quantity", n)), None)
        if pieces:
            both = f'TRY_CAST("{column}" AS DOUBLE) * TRY_CAST("{pieces}" AS DOUBLE)'
            draft.ask(
                ("columns", "value"),
                "Is this the price of the row, or of one piece?",
                instead={"value": f"= {both}"},
            )
    if column := roles.get("dwell"):
        _dwell(draft, table[column], table, roles, columns)
    if column := roles.get("rating"):
        _rating(draft, table[column], columns)


def _dwell(
    draft: Draft, facts: ColumnFacts, table: SampleTable, roles: Roles, columns: dict[str, Any]
) -> None:
    item = roles.get("item")
    if rate_name("dwell", facts.name) < 0.8 and item and _depends(table, facts.name, item):
        draft.tell(
            ("columns",),
            f"'{facts.name}' is the same for every event of an item: its length, not a dwell.",
        )
        return
    describe_seconds(draft, "dwell", facts, columns)


def _depends(table: SampleTable, name: str, item: str) -> bool:
    """Returns whether an item that occurs again always has the same value."""
    pairs = table.rows.select(item, name).drop_nulls()
    counted = pairs.group_by(item).agg(pl.len().alias("n"), pl.col(name).n_unique().alias("k"))
    repeated = counted.filter(pl.col("n") > 1)
    return repeated.height >= 3 and float((repeated["k"] == 1).mean() or 0) > 0.95  # type: ignore[arg-type]


def _rating(draft: Draft, facts: ColumnFacts, columns: dict[str, Any]) -> None:
    place = ("rating_scale",)
    low, _, high = facts.range
    zeros = float((facts.numbers == 0).mean() or 0)  # type: ignore[arg-type]
    columns["rating"] = facts.name
    if low == 0 and high in (5, 10) and zeros > 0.15 and facts.whole:
        columns["rating"] = {"column": facts.name, "map": {"0": None}}
        draft.ask(
            ("columns", "rating"),
            f"{percent(zeros)} are 0. Does 0 stand for no rating?",
            instead={"rating": facts.name},
        )
        low = 1.0
    best = next((top for top in (1, 5, 10, 20, 100) if high <= top), high)
    worst = min(low, 1.0) if low >= 0 else -best
    if low > 0.5 or (best in (20, 100) and low > 0):
        worst = 1.0 if best <= 10 else 0.0
    if (worst, best) != (1.0, 5):
        draft.settings["rating_scale"] = {"worst": worst, "best": best}
        seen = {"worst": facts.range[0], "best": high}
        other = seen if (worst, best) != (facts.range[0], high) else {"worst": 0.0, "best": best}
        draft.ask(
            place,
            f"Ratings are {facts.range[0]:g} to {high:g}. Are these the ends of the scale?",
            instead={"rating_scale": other},
        )
