"""Drafts the settings of a catalogue and of account attributes."""

from __future__ import annotations

from typing import Any

from plait.inspection.column_roles import Roles
from plait.inspection.describe_times import describe_seconds
from plait.inspection.draft import Draft
from plait.inspection.sample_table import SampleTable
from plait.inspection.value_parts import separator_of

_KEYS = ("email_hash", "phone_hash", "loyalty_id")


def describe_catalogue(table: SampleTable, roles: Roles, item: str, verbs: Any = None) -> Draft:
    """Returns the draft of a catalogue.

    Args:
        table: the sample.
        roles: the roles of its columns.
        item: the column of the item id.
        verbs: how the id is made of it; null: as it is.
    """
    draft = Draft()
    columns: dict[str, Any] = {"item": verbs or item}
    for field in ("title", "categories", "brand", "price", "currency", "tags", "vector"):
        column = roles.get(field)
        if column and column != item:
            optional = {"column": column, "optional": True}
            columns[field] = optional if column in table.optional else column
            for other in roles.others.get(field, []):
                if other != item:
                    draft.tell(("columns", field), f"{field}: also possible: {other}")
    if (length := roles.get("length")) and length != item:
        describe_seconds(draft, "length", table[length], columns)
    draft.settings["columns"] = columns
    marks = {
        mark
        for field in ("categories", "tags")
        if (column := roles.get(field)) and (mark := separator_of(table[column]))
    }
    if marks - {"|"}:
        draft.settings["separator"] = sorted(marks - {"|"})[0]
        if len(marks) > 1:
            draft.ask(
                ("separator",),
                f"Categories and tags have different marks: {' '.join(sorted(marks))}",
            )
    if (price := roles.get("price")) and table[price].has_commas:
        draft.settings["decimal"] = ","
    published = roles.get("published")
    if published and published != item and (found := table[published].time):
        columns["published"] = published
        if found.unit != "iso":
            draft.settings["time"] = {"unit": found.unit}
        if found.other:
            draft.ask(("time",), f"Day or month first? '{found.unit}' or '{found.other}'")
    return draft


def describe_accounts(table: SampleTable, roles: Roles, account: str) -> Draft:
    """Returns the draft of account attributes.

    Args:
        table: the sample.
        roles: the roles of its columns.
        account: the column of the account id.
    """
    draft = Draft()
    keys = {}
    for name in _KEYS:
        column = roles.get(name)
        if column is None or column == account:
            continue
        keys[name if table[column].is_hash else name.removesuffix("_hash")] = column
        if not table[column].is_hash and name != "loyalty_id":
            draft.tell(
                ("keys",), f"'{column}' is not hashed. The store holds only pseudonyms of it."
            )
    draft.settings |= {"account": account, "keys": keys}
    draft.ask(
        ("keys",),
        "Accounts with the same key are one person, on all platforms. Is each key of one person?",
    )
    return draft
