"""Folders and Delta tables are fused as they stand, in the first run and in later ones."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from plait.errors import EmptyInput
from tests.unit.sources.delta_tables import delete_rows

from .small import Fuse, Fused, platform


def _rows(people: str) -> pa.Table:
    times = [1_700_000_000 + ord(who) for who in people]
    return pa.table({"user": list(people), "item": ["i"] * len(people), "time": times})


def _people(fused: Fused) -> int:
    assert fused.events.height == fused.people.height
    return fused.people.height


def _write(file: Path, people: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{who},i,{1_700_000_000 + ord(who)}\n" for who in people]
    file.write_text("".join(["user,item,time\n", *lines]) if people else "")


def test_rows_that_are_deleted_from_a_table_leave_the_store(folder: Path, fuse_here: Fuse) -> None:
    log = {"shop": platform("log")}
    write_deltalake(folder / "log", _rows("abcd"))
    assert _people(fuse_here(log)) == 4
    write_deltalake(folder / "log", _rows("ef"), mode="append")
    more = fuse_here(log)
    assert (_people(more), more.version.run["mode"]) == (6, "incremental")
    DeltaTable(folder / "log").delete("user = 'b'")
    less = fuse_here(log)
    assert (_people(less), less.version.run["mode"]) == (5, "full")
    assert "missing" in less.version.run["why"]
    assert fuse_here(log).version.run["mode"] == "none"


def test_rows_deleted_by_a_vector_leave_the_store(folder: Path, fuse_here: Fuse) -> None:
    log = {"shop": platform("log")}
    vectors = {"delta.enableDeletionVectors": "true"}
    write_deltalake(folder / "log", _rows("abcd"), configuration=vectors)
    assert _people(fuse_here(log)) == 4
    delete_rows(folder / "log", [1])
    less = fuse_here(log)
    assert (_people(less), less.version.run["mode"]) == (3, "full")
    assert "changed" in less.version.run["why"]
    delete_rows(folder / "log", [1, 3])
    assert _people(fuse_here(log)) == 2


def test_a_folder_that_grows_is_read_on(folder: Path, fuse_here: Fuse) -> None:
    log = {"shop": platform("log")}
    _write(folder / "log" / "day=1" / "part-0.csv", "abc")
    _write(folder / "log" / "day=1" / "part-1.csv", "")
    (folder / "log" / "_SUCCESS").touch()
    first = fuse_here(log)
    assert _people(first) == 3
    assert first.version.run["skipped"] == ["log/day=1/part-1.csv"]
    again = fuse_here(log)
    assert (again.version.run["mode"], again.version.run["skipped"]) == (
        "none", ["log/day=1/part-1.csv"],
    )  # fmt: skip
    _write(folder / "log" / "day=1" / "part-1.csv", "de")
    _write(folder / "log" / "day=2" / "part-0.csv", "f")
    later = fuse_here(log)
    assert (_people(later), later.version.run["mode"], later.version.run["files"]) == (
        6, "incremental", 2,
    )  # fmt: skip
    assert "skipped" not in later.version.run


def test_one_of_several_logs_may_be_empty(folder: Path, fuse_here: Fuse) -> None:
    _write(folder / "old.csv", "")
    _write(folder / "new.csv", "ab")
    old, new = (platform(f"{name}.csv")["events"] for name in ("old", "new"))
    for logs in ([old, new], [new, old]):
        fused = fuse_here({"shop": {"events": logs}}, full=True)
        assert (_people(fused), fused.version.run["skipped"]) == (2, ["old.csv"])
    _write(folder / "new.csv", "")
    with pytest.raises(EmptyInput, match="has no others"):
        fuse_here({"shop": {"events": [old, new]}})
