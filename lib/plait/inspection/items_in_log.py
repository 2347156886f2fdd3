"""Drafts the catalogue that a log contains, where its rows describe their items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.inspection.column_roles import find_item_attributes
from plait.inspection.describe_log import depends_on_item
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable

_SOURCE = ("files", "format", "records", "each", "split", "pattern", "csv")


def describe_items_in_log(
    table: SampleTable, roles: Roles, settings: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Returns the settings of a catalogue that reads the files of a log; null if there is none.

    Args:
        table: the sample of the log.
        roles: the roles of its columns.
        settings: the drafted settings of the log.
    """
    item = roles.get("item")
    verbs = settings["columns"].get("item")
    if item is None or verbs is None or item not in table.columns:
        return None
    found = {
        field: column
        for field, column in find_item_attributes(table, roles).items()
        if depends_on_item(table, column, item)
    }
    if "title" not in found and "categories" not in found:
        return None
    source = {name: settings[name] for name in _SOURCE if name in settings}
    return source | {"columns": {"item": verbs} | found}
