"""Reads catalogues in long form: a row has an item, the name of a property, and its value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from plait.inspection.column_facts import ColumnFacts
from plait.inspection.column_names import plain_name, rate_name
from plait.inspection.sample_table import SampleTable

_KEYS = (
    r"(?:\w+_)?(?:property|attribute|attr|feature|field|characteristic|key|param)"
    r"(?:_?(?:name|key|id))?"
)
_VALUES = r"(?:\w+_)?(?:value|val|content)"
_MAX_LISTED = 12  # properties that are written


@dataclass(frozen=True)
class KeyValues:
    """The columns of a catalogue in long form.

    Attributes:
        item: the id of the item.
        key: the name of the property.
        value: the value of the property.
        time: when it was so; null if no column says it.
        counts: the rows of each property, most frequent first.
    """

    item: str
    key: str
    value: str
    time: str | None
    counts: Mapping[str, int]

    def verbs(self, name: str) -> str:
        """Returns the value of the property `name`, as the project file writes it."""
        text = name.replace("'", "''")
        return f'= case when "{self.key}" = \'{text}\' then "{self.value}" end'

    def rename(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the values of a catalogue's fields, with properties in place of columns."""
        found: dict[str, Any] = {}
        for field, value in columns.items():
            column = value["column"] if isinstance(value, dict) else value
            if column not in self.counts:
                found[field] = value
            elif isinstance(value, dict) and (more := value.keys() - {"column", "optional"}):
                verbs = {"expression": self.verbs(column).removeprefix("= ")}
                found[field] = verbs | {name: value[name] for name in more}
            else:
                found[field] = self.verbs(column)
        return found

    @property
    def listed(self) -> str:
        """The most frequent properties, with their rows."""
        shown = [f"{name} ({n:,} rows)" for name, n in list(self.counts.items())[:_MAX_LISTED]]
        more = len(self.counts) - len(shown)
        return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def find_key_values(table: SampleTable) -> KeyValues | None:
    """Returns the columns of a catalogue in long form; null if `table` is none."""
    names = list(table.columns)
    if any(rate_name("account", name) >= 0.75 for name in names):
        return None
    key = next((n for n in names if re.fullmatch(_KEYS, plain_name(n))), None)
    value = next((n for n in names if n != key and re.fullmatch(_VALUES, plain_name(n))), None)
    items = [n for n in names if n not in (key, value) and rate_name("item", n) >= 0.8]
    if key is None or value is None or not items:
        return None
    pairs = table[key].given.value_counts(sort=True, name="n")
    counts = dict(zip(pairs[key].to_list(), pairs["n"].to_list(), strict=True))
    again = table[items[0]].unique_share < 0.9 or table[items[0]].distinct < 20
    if len(counts) < 2 or len(counts) > 0.5 * len(table[key].given) or not again:
        return None
    time = next((n for n, f in table.columns.items() if f.time and n not in (key, value)), None)
    return KeyValues(items[0], key, value, time, counts)


def pivot(table: SampleTable, found: KeyValues) -> SampleTable:
    """Returns `table` with a row for each item and a column for each property."""
    rows = table.rows.filter(pl.col(found.key).is_not_null() & pl.col(found.item).is_not_null())
    often = list(found.counts)[:200]
    wide = rows.filter(pl.col(found.key).is_in(often)).pivot(
        found.key, index=found.item, values=found.value, aggregate_function="last"
    )
    columns = {name: ColumnFacts.of(name, wide[name]) for name in wide.columns}
    return replace(table, rows=wide, columns=columns)
