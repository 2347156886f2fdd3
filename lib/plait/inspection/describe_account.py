"""Drafts which column, or part of a file's name, is the account of an event."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from plait.inspection.column_names import rate_name
from plait.inspection.continued_rows import how_to_fill
from plait.inspection.draft import Draft, percent
from plait.inspection.gaps import fills_gaps, maybe_optional, tell_alternatives
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable


def describe_account(draft: Draft, table: SampleTable, roles: Roles) -> Any:
    """Returns the value of the account. Notes go to the draft."""
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
        tell_alternatives(draft, table, roles, "account")
    else:
        item = roles.get("item")
        draft.ask(
            place,
            "The file has no header. Is the first id the account, or is it the item?",
            instead=None
            if item not in table.columns or table.settings.get("each")
            else {"account": item, "item": column},
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
            and fills_gaps(facts, other)
        ]  # fmt: skip
        others.sort(key=lambda name: -rate_name("account", name))
        if others:
            draft.tell(
                place, f"{percent(facts.null_share)} of '{column}' are null: then the next is used."
            )
            return {"first": [column, others[0]]}
        draft.tell(
            place,
            f"{percent(facts.null_share)} of the values are null; fuse sets such rows aside."
            + (f" {fill}" if (fill := how_to_fill(table, column)) else ""),
        )
    if facts.is_email:
        draft.tell(place, "E-mail addresses; the store holds only pseudonyms of them.")
    return maybe_optional(table, column)


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
