"""Drafts the settings of an event log from the roles of its columns."""

from __future__ import annotations

from typing import Any

import polars as pl

from plait.inspection.column_facts import ColumnFacts
from plait.inspection.column_names import plain_name, rate_name
from plait.inspection.describe_account import describe_account
from plait.inspection.describe_item import describe_item, is_item_id
from plait.inspection.describe_rating import describe_rating
from plait.inspection.describe_search import describe_search
from plait.inspection.describe_times import describe_seconds, describe_time
from plait.inspection.describe_types import describe_type
from plait.inspection.draft import Draft, percent
from plait.inspection.gaps import fills_gaps, maybe_optional
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable
from plait.inspection.unlike_rows import tell_rows_apart
from plait.inspection.value_parts import TextList

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
    columns["account"] = describe_account(draft, table, roles)
    if (item := describe_item(draft, table, roles, results)) is not None:
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
        if field == "event_id" and column and is_item_id(table[column], table, item):
            continue  # the id of what it was done to
        if column and column != roles.get("account") and (field != "query" or "search" in words):
            columns[field] = maybe_optional(table, column)
    creator = roles.get("creator")
    if creator and (item is None or words & {"follow", "unfollow"}):
        columns["creator"] = maybe_optional(table, creator)
    if table.broken > 0:
        draft.tell(
            (), f"{percent(table.broken)} of the sampled rows are broken; fuse sets them aside."
        )
    if table.others:
        draft.tell((), f"Lists that are not opened: {', '.join(table.others)} (see `each`).")
    return draft


def _filled(table: SampleTable, column: str) -> Any:
    """Returns a column, or the first of it and one of the same name that has its gaps filled."""
    facts = table[column]
    same = [n for n in table.columns if n != column and plain_name(n) == plain_name(column)]
    fills = [n for n in same if facts.null_share > 0.02 and fills_gaps(facts, table[n])]
    second = fills[0] if fills else None
    return {"first": [column, second]} if second else maybe_optional(table, column)


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
        describe_rating(draft, table[column], columns)


def _dwell(
    draft: Draft, facts: ColumnFacts, table: SampleTable, roles: Roles, columns: dict[str, Any]
) -> None:
    item = roles.get("item")
    if rate_name("dwell", facts.name) < 0.8 and item and depends_on_item(table, facts.name, item):
        draft.tell(
            ("columns",),
            f"'{facts.name}' is the same for every event of an item: its length, not a dwell.",
        )
        return
    describe_seconds(draft, "dwell", facts, columns)


def depends_on_item(table: SampleTable, name: str, item: str) -> bool:
    """Returns whether an item that occurs again always has the same value."""
    pairs = table.rows.select(item, name).drop_nulls()
    counted = pairs.group_by(item).agg(pl.len().alias("n"), pl.col(name).n_unique().alias("k"))
    repeated = counted.filter(pl.col("n") > 1)
    return repeated.height >= 3 and float((repeated["k"] == 1).mean() or 0) > 0.95  # type: ignore[arg-type]
