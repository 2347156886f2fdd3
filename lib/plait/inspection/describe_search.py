"""Drafts what was searched for, in a log whose events are searches."""

from __future__ import annotations

from typing import Any

from plait.inspection.draft import Draft
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable

_IN_TITLE = r"^\w+ (?:for )?(.+)$"  # Searched for owls
_IN_ADDRESS = r"[?&](?:search_query|query|keyword|term|q)=([^&#]+)"


def describe_search(
    draft: Draft, table: SampleTable, roles: Roles, columns: dict[str, Any]
) -> bool:
    """Replaces the item by the query, if all events are searches and a column has their text.

    Args:
        draft: the draft of the log, whose type is set.
        table: the sample.
        roles: the roles of its columns.
        columns: the drafted columns.

    Returns:
        whether the log is one of searches.
    """
    types = draft.settings["type"]
    mapped = types.get("map", {}) if isinstance(types, dict) else {"": types}
    words = {kind for kind in mapped.values() if kind}
    if words != {"search"}:
        return False
    query: Any = roles.get("query")
    if query is None and isinstance(types, dict) and types.get("match"):
        query = {"column": types["column"], "match": _IN_TITLE}
    if query is None:
        column = next((n for n, f in table.columns.items() if f.share(_IN_ADDRESS) > 0.8), None)
        query = {"column": column, "match": _IN_ADDRESS} if column else None
    if query is None:
        return False
    columns.pop("item", None)
    columns["query"] = query
    draft.notes = [note for note in draft.notes if note.place != ("columns", "item")]
    return True
