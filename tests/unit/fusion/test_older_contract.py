"""A store of the contract before is read, and fused into one of today's."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction, create_table_with_add_actions

from plait.contracts.tables import TABLES
from plait.errors import StoreError
from plait.store import Store

from .small import Fuse, Fused, platform

ADDED = {"accounts": ("home", "bucket")}  # by contract 2
LOG = "user,item,time\nann,i1,1700000000\nbob,i1,1700000100\n"


@pytest.fixture
def new(folder: Path, fuse_here: Fuse) -> Fused:
    (folder / "shop-1.csv").write_text(LOG)
    return _fuse(fuse_here)


def _fuse(fuse_here: Fuse, **more: Any) -> Fused:
    return fuse_here({"shop": platform("shop-*.csv")}, **more)


def _as_contract_1(fused: Fused, root: Path) -> Store:
    """Writes the store as plait with contract 1 did: flat tables, fewer columns and records."""
    tables = {name: _flat(fused.store.read(name), root / "tables" / name) for name in TABLES}
    version = fused.version
    record = {
        "tables": tables, "counts": version.counts, "contract": 1, "published": version.published,
        "inputs": [{k: v for k, v in r.items() if k != "setting"} for r in version.inputs],
    }  # fmt: skip
    (root / "versions").mkdir()
    (root / "versions" / "00000001.json").write_text(json.dumps(record))
    shutil.copy2(fused.project.store_path / "pseudonym.key", root / "pseudonym.key")
    return Store(root)


def _flat(rows: pl.DataFrame, folder: Path) -> int:
    table = TABLES[folder.name]
    columns = [name for name in table.columns if name not in ADDED.get(folder.name, ())]
    schema = pa.schema([table.schema.field(name) for name in columns])
    folder.mkdir(parents=True)
    parts = []
    if rows.height:
        file = folder / f"part-{uuid.uuid4().hex}.parquet"
        rows.select(columns).write_parquet(file)
        stats = json.dumps({"numRecords": rows.height})
        parts = [AddAction(file.name, file.stat().st_size, {}, 0, True, stats)]
    create_table_with_add_actions(str(folder), Schema.from_arrow(schema), parts)
    return 0


def test_it_is_read(new: Fused, folder: Path) -> None:
    old = _as_contract_1(new, folder / "old")
    assert old.current().contract == 1
    for name in TABLES:
        known = [column for column in TABLES[name].columns if column not in ADDED.get(name, ())]
        read = old.read(name)
        assert read.select(known).equals(new.store.read(name).select(known)), name
        assert read.schema == TABLES[name].polars
    assert old.read("accounts").select("home", "bucket").rows() == [(None, None)] * 2


def test_it_is_fused_into_one_of_todays(new: Fused, folder: Path, fuse_here: Fuse) -> None:
    old = _as_contract_1(new, folder / "old")
    (folder / "shop-2.csv").write_text("user,item,time\nann,i2,1700000200\n")
    whole = _fuse(fuse_here, store="old")
    assert whole.version.run["why"] == "the store has contract 1, this plait writes 2"
    assert (whole.version.number, whole.version.contract) == (2, 2)
    assert whole.events.height == 3
    assert whole.people["since"].to_list() == [1, 1]
    assert set(whole.people["person"]) == set(old.read("people", old.version(1))["person"])
    assert old.read("events", old.version(1)).height == 2
    assert DeltaTable(str(folder / "old/tables/events")).metadata().partition_columns == ["bucket"]
    (folder / "shop-3.csv").write_text("user,item,time\nann,i3,1700000300\n")
    part = _fuse(fuse_here, store="old")
    assert part.version.run["mode"] == "incremental"
    assert part.sequences.filter(total=3).height == 1


def test_a_store_two_contracts_old_is_refused(new: Fused, folder: Path) -> None:
    record = new.version.record() | {"contract": 0}
    (folder / "store/versions/00000002.json").write_text(json.dumps(record))
    with pytest.raises(StoreError, match=r"contract 0\..*This plait reads 1 and 2"):
        new.store.current()
