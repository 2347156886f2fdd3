"""Drafts the settings of a catalogue and of account attributes."""

from __future__ import annotations

from typing import Any

from plait.inspection.describe_times import describe_seconds
from plait.inspection.draft import Draft
from plait.inspection.key_values import KeyValues
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable
from plait.inspection.value_parts import separator_of

_KEYS = ("email_hash", "phone_hash", "loyalty_id")


def describe_catalogue(table: SampleTable, roles: Roles, item: str) -> Draft:
    """Returns the draft of a catalogue.

    Args:
        table: the sample.
        roles: the roles of its columns.
        item: the column of the item id.
    """
    draft = Draft()
    columns: dict[str, Any] = {"item": item}
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
            other = sorted(marks)[-1 if draft.settings["separator"] == sorted(marks)[0] else 0]
            draft.ask(
                ("separator",),
                f"Categories and tags have different marks: {' '.join(sorted(marks))}",
                instead={"separator": other},
            )
    if (price := roles.get("price")) and table[price].has_commas:
        draft.settings["decimal"] = ","
    published = roles.get("published")
    if published and published != item and (found := table[published].time):
        columns["published"] = published
        if found.unit != "iso":
            draft.settings["time"] = {"unit": found.unit}
        if found.other:
            draft.ask(("time",), "Day or month first?", instead={"time": {"unit": found.other}})
    return draft


def describe_key_values(
    table: SampleTable, wide: SampleTable, roles: Roles, long: KeyValues
) -> Draft:
    """Returns the draft of a catalogue in long form.

    Args:
        table: the sample as it was read.
        wide: the sample with a row for each item and a column for each property.
        roles: the roles of these columns.
        long: which columns of `table` hold what.
    """
    draft = describe_catalogue(wide, roles, long.item)
    columns = long.rename(draft.settings.pop("columns"))
    draft.tell(("columns",), f"A row has one property of an item, by '{long.key}': {long.listed}.")
    if len(columns) == 1:
        first = next(iter(long.counts))
        columns["tags"] = long.verbs(first)
        draft.ask(
            ("columns",),
            f"No property is named as a title, category, brand or price. Is '{first}' a tag?",
            instead={"columns": {"item": long.item, "categories": long.verbs(first)}},
        )
    draft.settings = {"columns": columns, "merge": True} | draft.settings
    if long.time and "published" not in columns and (found := table[long.time].time):
        columns["published"] = long.time
        draft.tell(("merge",), f"Of several values of a property, the newest by '{long.time}'.")
        if found.unit != "iso":
            draft.settings["time"] = {"unit": found.unit}
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
        "Accounts with the same key are one person, on all platforms. Is a key shared by several "
        "persons? Then remove it.",
    )
    return draft
