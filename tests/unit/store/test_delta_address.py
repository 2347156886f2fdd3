"""A store works below folders whose names deltalake would misread."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from plait.contracts.store_tables import QUARANTINE
from plait.store import Store
from plait.store.delta_tables import scan_table

ROW = QUARANTINE.conform(
    pl.DataFrame(
        {"platform": "a", "file": "f", "row": 1, "reason": "r", "field": "f", "value": "v"}
    ).with_columns(raw=pl.lit(""), element=pl.lit(2), source=pl.lit("events"))
)
NAMES = ["my [ID] proj", "50%20 off", "back\\slash", "a|b<c>", "tab\tbed", "plain", "a*?#b", "k=1"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_there_is_read_there(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / name)
    versions = []
    for _ in range(2):
        writer = store.writer(QUARANTINE)
        writer.write(ROW)
        versions.append(writer.commit())
    assert versions == [0, 1]
    for version in versions:
        assert scan_table(store.location, QUARANTINE, version).collect().equals(ROW)
    # Nothing was made beside it under another name, and the log lies where the table does.
    assert [path.name for path in tmp_path.iterdir()] == [name]
    table = tmp_path / name / "tables" / "quarantine"
    assert len(list((table / "_delta_log").glob("*.json"))) == 2
