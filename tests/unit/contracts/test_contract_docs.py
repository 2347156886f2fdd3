"""docs/data.md says what the contracts say."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from plait.contracts.contract_docs import (
    END_MARKER,
    START_MARKER,
    render_event_types,
    render_tables,
    update_markdown,
)
from plait.contracts.event_types import EVENT_TYPES
from plait.contracts.store_tables import TABLES
from plait.contracts.table_schema import TableSchema, column


def test_the_page_is_up_to_date(repository: Path) -> None:
    page = (repository / "docs" / "data.md").read_text()
    assert update_markdown(page) == page, (
        "run: python -m plait.contracts.contract_docs docs/data.md"
    )


def test_every_column_of_every_table_is_there() -> None:
    text = render_tables()
    for table in TABLES.values():
        assert f"### {table.name}\n" in text
        assert all(f"| `{name}` |" in text for name in table.columns)


def test_a_cell_never_breaks_its_row() -> None:
    kind = pa.list_(pa.timestamp("us", tz="UTC"))
    table = TableSchema("t", "a row", pa.schema([column("c", kind, "this | that", null=True)]))
    assert render_tables([table]).endswith(
        "| `c` | list of timestamp, us, UTC | yes | this \\| that |\n"
    )


def test_every_event_type_is_listed_once() -> None:
    text = render_event_types()
    assert [text.count(f"`{word}`") for word in EVENT_TYPES] == [1] * len(EVENT_TYPES)


def test_what_stands_around_the_markers_stays() -> None:
    page = update_markdown(f"above\n{START_MARKER}\nstale words\n{END_MARKER}\nbelow\n")
    assert page.startswith(f"above\n{START_MARKER}\n\n### events\n")
    assert page.endswith(f"\n{END_MARKER}\nbelow\n")
    assert "stale words" not in page


@pytest.mark.parametrize("page", ["", START_MARKER, f"{END_MARKER}{START_MARKER}"])
def test_missing_markers_are_refused(page: str) -> None:
    with pytest.raises(ValueError, match="needs two lines"):
        update_markdown(page)
