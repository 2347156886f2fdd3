"""Finds the account and the item of a table without a header, by the values alone."""

from __future__ import annotations

import re

from plait.inspection.column_facts import ColumnFacts
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable

_WIDE = 9  # columns with values, from which on most are no ids
_OPAQUE = r"^[0-9a-fA-F]{16,}$|^[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}$|^[^@\s]+@[^@\s]+$"
_ADDRESS = r"^https?://"


def is_unnamed(name: str) -> bool:
    """Returns whether a column was numbered because its file has no header: c1, c2 and so on."""
    return bool(re.fullmatch(r"c\d+", name))


def choose_unnamed_ids(table: SampleTable, roles: Roles) -> None:
    """Gives the ids of a file without a header their roles: the account comes first."""
    taken = set(roles.chosen.values())
    free = [n for n in table.columns if n not in taken and n not in table.numbering]
    used = [n for n in free if table[n].distinct > 1 and table[n].null_share < 0.5]
    ids = [n for n in used if table[n].is_id and table[n].time is None]
    wide = len(used) > _WIDE
    if "account" not in roles.chosen:
        repeated = [n for n in ids if table[n].unique_share < 0.98 or table[n].distinct < 20]
        if wide:  # long ids without gaps come before counters and codes
            repeated.sort(key=lambda n: table[n].share(_OPAQUE) < 0.9)
        others = len(ids) + ("item" in roles.chosen) + bool(_titles(table, used))
        if not repeated or others < 2:
            return
        roles.chosen["account"], roles.rated["account"] = repeated[0], 0.5
        ids.remove(repeated[0])
    if "item" in roles.chosen:
        return
    if wide and (pages := [n for n in used if table[n].share(_ADDRESS) > 0.8]):
        ids = sorted(pages, key=lambda n: -table[n].distinct)
    ids = [n for n in ids if table[n].unique_share < 0.999 or table[n].distinct < 20] or ids
    if ids:
        best = next((n for n in ids[1:] if _is_finer(table[n], table[ids[0]])), ids[0])
        roles.chosen["item"], roles.rated["item"] = best, 0.5
        roles.others["item"] = [n for n in ids if n != best][:2]
    elif titles := _titles(table, used):
        roles.chosen["item"], roles.rated["item"] = titles[0], 0.5
        roles.others["item"] = titles[1:2]


def _titles(table: SampleTable, names: list[str]) -> list[str]:
    """Returns the columns of repeated text, which may stand for the item."""
    return [n for n in names if table[n].is_sentence and table[n].unique_share < 0.9]


def _is_finer(one: ColumnFacts, other: ColumnFacts) -> bool:
    """Returns whether `one` has ids of the same form as `other`, and many more of them."""
    alike = abs(one.length - other.length) < 0.1 * other.length
    plain = one.number_share < 0.5 and other.number_share < 0.5
    return alike and plain and one.distinct > 2 * other.distinct
