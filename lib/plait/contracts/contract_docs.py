"""Writes the contracts as markdown to docs/data.md (`python -m plait.contracts.contract_docs`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from plait.contracts.event_types import EVENT_STRENGTHS, EVENT_TYPES
from plait.contracts.store_tables import TABLES
from plait.contracts.table_schema import TableSchema, describe_columns

START_MARKER = "<!-- contracts: written by python -m plait.contracts.contract_docs docs/data.md -->"
END_MARKER = "<!-- end of contracts -->"


def render_tables(tables: Iterable[TableSchema] = TABLES.values()) -> str:
    """Returns one section per table: the meaning of a row, then all columns."""
    return "\n".join(_section(table) for table in tables)


def render_event_types() -> str:
    """Returns the event types with their strengths, strongest first."""
    words = sorted(EVENT_TYPES, key=lambda word: (-EVENT_STRENGTHS[word], EVENT_TYPES.index(word)))
    rows = [(f"`{word}`", f"{EVENT_STRENGTHS[word]:+.1f}") for word in words]
    note = (
        "The strength of a rating is its place on the platform's scale (`events.rating_scale`,\n"
        "from `worst: 1` to `best: 5`): -1 at the worst, rising to 0 below the middle, +0.6 at\n"
        "the middle, +1 at the best."
    )
    return f"### Event types\n\n{_table(('type', 'strength'), rows)}\n{note}\n"


def update_markdown(text: str) -> str:
    """Returns `text` with the part between the markers rendered again.

    Raises:
        ValueError: the markers are missing or in the wrong order.
    """
    before, start, rest = text.partition(START_MARKER)
    _, end, after = rest.partition(END_MARKER)
    if not start or not end:
        msg = f"needs two lines: '{START_MARKER}' and then '{END_MARKER}'"
        raise ValueError(msg)
    body = f"{render_tables()}\n{render_event_types()}"
    return f"{before}{START_MARKER}\n\n{body}\n{END_MARKER}{after}"


def _section(table: TableSchema) -> str:
    rows = [
        (f"`{c['column']}`", _kind(c["type"]), c["null"], c["meaning"].replace("|", r"\|"))
        for c in describe_columns([table])
    ]
    columns = _table(("column", "type", "null", "meaning"), rows)
    return f"### {table.name}\n\nOne row is {table.row}.\n\n{columns}"


def _kind(arrow: str) -> str:
    """Returns a readable name of an Arrow type, such as 'list of string'."""
    inner = arrow.removeprefix("list<").removesuffix(">").rpartition(": ")[2]
    name = "timestamp, us, UTC" if inner.startswith("timestamp") else inner
    return f"list of {name}" if arrow.startswith("list<") else name


def _table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(update_markdown(file.read_text(encoding="utf-8")), encoding="utf-8")
