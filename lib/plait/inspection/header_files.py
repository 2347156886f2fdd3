"""Finds files that hold nothing but the names of the columns of another file."""

from __future__ import annotations

from collections.abc import Sequence

from plait.inspection.column_names import is_known_name
from plait.inspection.sample_table import SampleTable, read_table


def apply_header_files(
    tables: Sequence[SampleTable],
) -> tuple[list[SampleTable], dict[str, str]]:
    """Returns the tables with the names that other files give them, and what these files are.

    Such a file has one line of names, as many as the columns of a file without a header beside it.
    """
    headers = [one for one in tables if _is_header(one)]
    found: list[SampleTable] = []
    named: dict[str, str] = {}
    for table in tables:
        if any(table is one for one in headers):
            continue
        header = next((one for one in headers if _fits(one, table)), None)
        if header is not None:
            csv = table.settings["csv"] | {"header": list(header.columns)}
            table = read_table(table.files, table.settings | {"csv": csv})
            named |= {f.name: f"the names of the columns of {table.files[0].name}"
                      for f in header.files}  # fmt: skip
        found.append(table)
    unused = [one for one in headers if one.files[0].name not in named]
    return found + unused, named


def _is_header(table: SampleTable) -> bool:
    names = list(table.columns)
    known = sum(map(is_known_name, names))
    return table.settings["format"] == "csv" and not table.rows.height and known >= 2


def _fits(header: SampleTable, table: SampleTable) -> bool:
    width = len((table.settings.get("csv") or {}).get("header", []))
    beside = header.files[0].path.parent == table.files[0].path.parent
    return beside and not table.has_header and width == len(header.columns)
