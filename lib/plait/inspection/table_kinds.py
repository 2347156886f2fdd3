"""Tells what a table is: an event log, a catalogue, account attributes, or something else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from plait.inspection.column_names import rate_name
from plait.inspection.column_roles import (
    find_account_roles,
    find_catalogue_roles,
    find_log_roles,
)
from plait.inspection.event_words import find_event_type
from plait.inspection.key_values import KeyValues, find_key_values, pivot
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable, read_table
from plait.inspection.text_layout import ADJACENCY
from plait.inspection.value_parts import TextList, find_text_list

TableKind = Literal["log", "catalogue", "accounts", "single", "unknown"]
_MATRIX = 20  # columns of numbers, from which on a table is no list of events
_KEYS = ("email_hash", "phone_hash", "loyalty_id")


@dataclass
class KnownTable:
    """A table and what it was taken for.

    Attributes:
        table: the sample, with its lists opened.
        kind: log, catalogue, accounts; single: a log without accounts; unknown.
        roles: the roles of its columns, for its kind.
        sure: how sure that is, 0 to 1.
        results: an opened list whose elements end in -0 or -1.
        why: why it is unknown.
        key_values: the columns of a catalogue in long form.
        source: of a catalogue in long form, the sample as it was read.
    """

    table: SampleTable
    kind: TableKind
    roles: Roles
    sure: float
    results: TextList | None = None
    why: str = ""
    key_values: KeyValues | None = None
    source: SampleTable | None = None


def tell_kind(table: SampleTable) -> KnownTable:
    """Returns what `table` is, seen by itself; the other tables may tell better."""
    if long := find_key_values(table):
        wide = pivot(table, long)
        roles = find_catalogue_roles(wide)
        roles.chosen["key"] = long.item
        return KnownTable(wide, "catalogue", roles, 0.7, key_values=long, source=table)
    table, results = _open_text_lists(table)
    log = find_log_roles(table)
    catalogue = find_catalogue_roles(table)
    attributes = find_account_roles(table)
    account, item, time = log.get("account"), log.get("item"), log.get("time")
    if any(attributes.get(key) for key in _KEYS) and (owner := _one_row_each(table)):
        attributes.chosen["account"] = owner
        if item is None or time is None:
            return KnownTable(table, "accounts", attributes, 0.9)
    key = catalogue.get("key")
    described = [f for f in ("title", "categories", "price", "brand", "vector") if catalogue.get(f)]
    has_item = item is not None or results is not None
    repeated = account is not None and (
        table[account].unique_share < 0.9 or bool(table.settings.get("each")) or results is not None
    )
    # In a sample of a large log few accounts come again; items do.
    if account and item and time and rate_name("account", account) >= 0.75:
        repeated = repeated or table[item].unique_share < 0.9
    acts = any(log.get(role) for role in ("type", "rating", "dwell", "value"))
    first = next(iter(table.columns.values()))
    listed = (
        not time
        and not acts
        and bool(
            (key and described)
            or (
                not table.has_header
                and first.unique_share == 1
                and first.distinct > 20
                and not results
            )
        )
    )
    if has_item and repeated and not listed and (time or acts or len(table.columns) <= 6):
        sure = min(log.rated.get(role, 1.0) for role in ("account", "item", "time"))
        return KnownTable(table, "log", log, sure, results)
    if key and described and table[key].unique_share > 0.95 and not _is_history(log):
        return KnownTable(table, "catalogue", catalogue, catalogue.rated["key"])
    if (numbers := _matrix_width(table)) > _MATRIX:
        why = f"{numbers:,} columns of numbers, as a matrix has: write a row for each value"
        return KnownTable(table, "unknown", log, 0.0, why=why)
    if key and not table.has_header and not (time and account):
        roles = _unnamed_catalogue(table, key)
        if roles.get("title"):
            return KnownTable(table, "catalogue", roles, 0.4)
        return KnownTable(table, "unknown", log, 0.0, why="a list without titles")
    if has_item and account and time:
        return KnownTable(table, "log", log, 0.5, results)
    if time and (has_item or _has_title(table)) and (table.rows.height > 1 or item):
        sure = 0.8 if _is_history(log) else 0.5
        return KnownTable(table, "single", log, sure)
    if key and described:
        return KnownTable(table, "catalogue", catalogue, 0.5)
    if time and log.get("query") and log.rated["query"] >= 0.9 and table.rows.height > 1:
        return KnownTable(table, "log" if account else "single", log, 0.5)
    if item and not account and table.rows.height > 1 and _says_what_was_done(table, log):
        return KnownTable(table, "single", log, 0.4)
    lacks = [
        what
        for what, there in (("items", has_item), ("accounts", account), ("times", time))
        if not there
    ]
    return KnownTable(
        table, "unknown", log, 0.0, why=f"no column has {' or '.join(lacks) or 'events'}"
    )


def _open_text_lists(table: SampleTable) -> tuple[SampleTable, TextList | None]:
    """Returns the table with a list of ids that is written as text opened, if it needs one."""
    if table.settings.get("each") or table.settings["format"] not in ("csv", "lines"):
        return table, None
    if any(
        rate_name("item", n) >= 0.8 and f.is_id and f.distinct > 1 for n, f in table.columns.items()
    ):
        return table, None
    if table.settings.get("pattern") == ADJACENCY:
        settings = table.settings | {"each": "items", "split": " "}
        return read_table(table.files, settings), None
    lists = [found for facts in table.columns.values() if (found := find_text_list(facts))]
    if not lists:
        return table, None
    best = max(lists, key=lambda one: (one.results, rate_name("item", one.column)))
    twins = [one.column for one in lists if one.lengths == best.lengths and one.split == best.split]
    several = len(twins) > 1 and not best.results and len(set(best.lengths)) > 1
    each = twins if several else best.column
    opened = read_table(table.files, table.settings | {"each": each, "split": best.split})
    opened.others = [
        one.column for one in lists if one.column not in (twins if several else [best.column])
    ]
    opened.numbering = frozenset(
        name
        for name, facts in table.columns.items()
        if facts.unique_share > 0.999 and facts.distinct > 20 and not facts.null_share
    )
    return opened, best if best.results else None


def _matrix_width(table: SampleTable) -> int:
    """Returns the number of columns of numbers, if nearly all are; else 0."""
    numbers = sum(facts.number_share > 0.95 for facts in table.columns.values())
    return numbers if numbers > 0.8 * len(table.columns) else 0


def _one_row_each(table: SampleTable) -> str | None:
    """Returns the column of an account id of which every row has another."""
    rates = {
        name: rate_name("account", name)
        for name, facts in table.columns.items()
        if facts.unique_share > 0.95 and facts.null_share < 0.05 and not facts.is_hash
    }
    best = max(rates, key=lambda name: rates[name], default=None)
    return best if best is not None and rates[best] >= 0.5 else None


def _is_history(roles: Roles) -> bool:
    """Whether times, ratings or types are named after what a person did."""
    time = roles.get("time") or ""
    words = ("read", "watch", "play", "view", "rated", "listen", "end_time", "endtime", "added")
    mine = (roles.get("rating") or "").lower().startswith("my")
    return mine or any(word in time.lower() for word in words)


def _says_what_was_done(table: SampleTable, log: Roles) -> bool:
    """Whether addresses stand beside words for events, or in a file that is named by one."""
    item = log.get("item")
    if item is None or not table[item].is_url:
        return False
    stem = table.files[0].name.rsplit("/", 1)[-1].split(".")[0]
    return bool(log.get("type")) or any(map(find_event_type, re.split(r"[^A-Za-z]+", stem)))


def _has_title(table: SampleTable) -> bool:
    return any(
        rate_name("title", name) >= 0.7 and rate_name("account", name) < 0.75
        for name in table.columns
    )


def _unnamed_catalogue(table: SampleTable, key: str) -> Roles:
    """Gives the columns of a catalogue without a header their roles, by their values."""
    roles = Roles({"key": key}, {"key": 0.4})
    rest = [
        facts
        for name, facts in table.columns.items()
        if name != key and facts.number_share < 0.5 and not facts.is_url and not facts.is_json
        and len(facts.given)
    ]  # fmt: skip
    titles = [facts for facts in rest if facts.unique_share > 0.5 and facts.is_sentence]
    if titles:
        roles.chosen["title"] = min(titles, key=lambda facts: facts.length).name
    few = [facts for facts in rest if facts.unique_share < 0.5]
    if few:
        roles.chosen["categories"] = few[0].name
    return roles
