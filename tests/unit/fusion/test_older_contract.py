"""A store of the contract before is read, and fused into one of today's."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from plait.contracts.store_tables import TABLES
from plait.errors import StoreError
from plait.store import Store

from .small import Fuse, Fused, platform

ADDED = {"events": ("stamped",), "sequences": ("seen",)}  # by contract 3
LOG = "user,item,time\nann,i1,1700000000\nbob,i1,1700000100\n"


@pytest.fixture
def new(folder: Path, fuse_here: Fuse) -> Fused:
    (folder / "shop-1.csv").write_text(LOG)
    return _fuse(fuse_here)


def _fuse(fuse_here: Fuse, **more: Any) -> Fused:
    return fuse_here({"shop": platform("shop-*.csv")}, **more)


def _as_contract_2(fused: Fused, root: Path) -> Store:
    """Writes the store as plait with contract 2 did: fewer columns, given event ids in clear."""
    old, version = Store(root), fused.version
    tables = {}
    for name, table in TABLES.items():
        kept = [field for field in table.schema if field.name not in ADDED.get(name, ())]
        writer = old.writer(replace(table, schema=pa.schema(kept)))
        rows = fused.store.read(name)
        if rows.height:
            writer.write(rows, *([0] if table.bucketed else []))
        tables[name] = writer.commit()
    (root / "versions").mkdir()
    record = version.to_record() | {
        "tables": tables, "contract": 2, "inputs": [dict(r) for r in version.inputs],
    }  # fmt: skip
    del record["inputs_at"]
    (root / "versions" / "00000001.json").write_text(json.dumps(record))
    shutil.copy2(fused.project.store_path / "pseudonym.key", root / "pseudonym.key")
    return old


def test_it_is_read(new: Fused, folder: Path) -> None:
    old = _as_contract_2(new, folder / "old")
    assert old.current().contract == 2
    for name in TABLES:
        known = [column for column in TABLES[name].columns if column not in ADDED.get(name, ())]
        read = old.read(name)
        assert read.select(known).equals(new.store.read(name).select(known)), name
        assert read.schema == TABLES[name].polars
    assert old.read("events")["stamped"].null_count() == 2


def test_it_is_fused_into_one_of_todays(new: Fused, folder: Path, fuse_here: Fuse) -> None:
    old = _as_contract_2(new, folder / "old")
    (folder / "shop-2.csv").write_text("user,item,time\nann,i2,1700000200\n")
    whole = _fuse(fuse_here, store="old")
    assert whole.version.run["why"] == "the store has contract 2, this plait writes 3"
    assert (whole.version.number, whole.version.contract) == (2, 3)
    assert whole.events.height == 3
    assert whole.people["since"].to_list() == [1, 1]
    assert set(whole.people["person"]) == set(old.read("people", old.version(1))["person"])
    assert old.read("events", old.version(1)).height == 2
    (folder / "shop-3.csv").write_text("user,item,time\nann,i3,1700000300\n")
    part = _fuse(fuse_here, store="old")
    assert part.version.run["mode"] == "incremental"
    assert part.sequences.filter(total=3).height == 1


def test_a_store_two_contracts_old_is_refused(new: Fused, folder: Path) -> None:
    record = new.version.to_record() | {"contract": 1}
    (folder / "store/versions/00000002.json").write_text(json.dumps(record))
    with pytest.raises(StoreError, match=r"contract 1\..*This plait reads 2 and 3"):
        new.store.current()
