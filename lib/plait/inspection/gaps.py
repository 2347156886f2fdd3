"""Tells of columns that have gaps, and of others that fill them."""

from __future__ import annotations

from typing import Any

from plait.inspection.column_facts import ColumnFacts
from plait.inspection.draft import Draft, percent
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable


def maybe_optional(table: SampleTable, column: str) -> Any:
    """Returns the column as a value, which may be missing in files that lack it."""
    return {"column": column, "optional": True} if column in table.optional else column


def tell_alternatives(draft: Draft, table: SampleTable, roles: Roles, role: str) -> None:
    """Names other columns that may be meant by a role."""
    for other in roles.others.get(role, []):
        facts = table[other]
        about = (
            f"{percent(facts.null_share)} of the values are null"
            if facts.null_share
            else (f"{facts.distinct:,} different values")
        )
        draft.tell(("columns", role), f"{role}: also possible: {other} ({about})")


def fills_gaps(facts: ColumnFacts, other: ColumnFacts) -> bool:
    """Returns whether `other` has values where `facts` has none."""
    gaps = facts.values.is_null()
    found = other.values.filter(gaps)
    return bool(len(found)) and found.null_count() < 0.5 * len(found)
