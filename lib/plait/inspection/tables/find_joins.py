"""Finds the file that has what another one lacks, where the two have an id in common."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from plait.inspection.columns.column_names import rate_name
from plait.inspection.columns.value_parts import overlap
from plait.inspection.files.sample_table import SampleTable
from plait.inspection.tables.table_kinds import KnownTable

_NAMED = 0.75


def find_join(one: KnownTable, others: Sequence[KnownTable]) -> tuple[str, str] | None:
    """Returns why a file of items cannot be used by itself, and how it is joined with another.

    Null if no other file has the accounts and an id in common with it.
    """
    if not _has(one.table, "item") or _has(one.table, "account"):
        return None
    for other in others:
        if other.kind != "unknown" or _has(other.table, "item") or not _has(other.table, "account"):
            continue
        for name, facts in one.table.columns.items():
            mine = other.table.columns.get(name)
            # A row of the other file for each id: orders, beside their lines.
            if mine is None or mine.unique_share < 0.95 or mine.distinct < 5:
                continue
            if overlap(facts.given, mine.given) > 0.5:
                lines, heads = one.table.files[0].name, other.table.files[0].name
                why = f"its accounts are in {heads}, by '{name}', and plait joins no files of a log"
                return why, _command(one.table, other.table, lines, heads, name)
    return None


def _has(table: SampleTable, role: str) -> bool:
    return any(rate_name(role, name) >= _NAMED for name in table.columns)


def _command(one: SampleTable, other: SampleTable, lines: str, heads: str, name: str) -> str:
    read = {"csv": "read_csv", "jsonl": "read_ndjson", "parquet": "read_parquet"}
    if one.settings.get("csv") or other.settings.get("csv"):
        return f"Join the two by '{name}' into one file."
    verbs = [read.get(table.settings["format"]) for table in (one, other)]
    if None in verbs:
        return f"Join the two by '{name}' into one file."
    text = ", infer_schema=False"
    # Text in one file may be a number in the other.
    as_text = f".cast({{{json.dumps(name)}: pl.String}})" if verbs[0] != verbs[1] else ""
    parts = [
        f"pl.{verb}({json.dumps(path)}{text if verb == 'read_csv' else ''}){as_text}"
        for verb, path in zip(verbs, (lines, heads), strict=True)
    ]
    script = (
        f"import polars as pl; {parts[0]}.join({parts[1]}, on={json.dumps(name)})"
        '.write_parquet("joined.parquet")'
    )
    return f"Join them: python -c {shlex.quote(script)}"
