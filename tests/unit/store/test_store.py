from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import plait
from plait.contracts.store_tables import EVENTS, QUARANTINE
from plait.contracts.table_schema import CONTRACT_VERSION, TableSchema
from plait.errors import NothingFused, StoreError, VersionExists
from plait.store import Store, StoreVersion
from plait.store.delta_tables import TableWriter
from plait.store.table_files import write_data_file

SOURCE = str(Path(plait.__file__).parent.parent)
RACE = """
import sys, time
from pathlib import Path
import polars as pl
from plait.contracts.store_tables import QUARANTINE
from plait.errors import VersionExists
from plait.store import Store

store = Store(sys.argv[1])
row = {"platform": "p", "file": "f", "row": 1, "reason": sys.argv[2], "field": "time", "raw": ""}
writer = store.writer(QUARANTINE)
writer.write(pl.DataFrame([row]))
print("ready", flush=True)
while not Path(sys.argv[3]).exists():
    time.sleep(0.001)
try:
    store.publish({"quarantine": writer.commit()}, {}, [], number=1)
    print("won")
except VersionExists as error:
    print(error)
"""


def bad_row(reason: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "platform": ["shop"],
            "file": ["a.csv"],
            "row": [1],
            "reason": [reason],
            "field": ["time"],
            "value": [None],
            "raw": ["{}"],
        }
    )


def write(store: Store, *reasons: str) -> int:
    writer = store.writer(QUARANTINE)
    for reason in reasons:
        writer.write(bad_row(reason))
    return writer.commit()


def test_an_empty_store_says_what_to_run(either_store: Store) -> None:
    with pytest.raises(NothingFused, match="plait fuse"):
        either_store.current()


def test_rows_are_unseen_until_published(either_store: Store) -> None:
    either_store.publish({"quarantine": write(either_store, "old")}, {}, [])
    later = write(either_store, "new", "newer")
    assert either_store.read("quarantine")["reason"].to_list() == ["old"]
    either_store.publish({"quarantine": later}, {}, [])
    assert either_store.read("quarantine")["reason"].sort().to_list() == ["new", "newer"]


def test_an_older_version_stays_readable(either_store: Store) -> None:
    first = either_store.publish({"quarantine": write(either_store, "old")}, {"rows": 1}, [])
    either_store.publish({"quarantine": write(either_store, "new")}, {}, [])
    assert either_store.read("quarantine", either_store.version(first.number))[
        "reason"
    ].to_list() == ["old"]
    assert either_store.version(1).counts == {"rows": 1}
    assert either_store.numbers() == [1, 2]


def test_a_table_without_rows_reads_as_an_empty_table(either_store: Store) -> None:
    either_store.publish({"events": either_store.writer(EVENTS).commit()}, {}, [])
    assert either_store.read("events").schema == EVENTS.polars


def test_two_publishers_of_one_number_cannot_both_win(either_store: Store) -> None:
    either_store.publish({"quarantine": write(either_store, "mine")}, {}, [], number=1)
    with pytest.raises(VersionExists, match="Run the command again"):
        either_store.publish({"quarantine": write(either_store, "theirs")}, {}, [], number=1)
    assert either_store.read("quarantine")["reason"].to_list() == ["mine"]


def test_a_store_in_a_file_s_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Set `store:`"):
        Store(tmp_path / "file" / "store")


def test_a_newer_contract_is_refused(either_store: Store) -> None:
    either_store._versions.append(
        {"tables": {}, "counts": {}, "inputs": [], "contract": 99, "published": ""}
    )
    with pytest.raises(StoreError, match="contract 99"):
        either_store.current()


def test_a_version_that_is_not_there_names_those_that_are(either_store: Store) -> None:
    either_store.publish({"quarantine": write(either_store, "x")}, {}, [])
    with pytest.raises(StoreError, match=r"Versions: \[1\]"):
        either_store.version(7)


def test_two_runs_race_and_one_wins(either_store: Store, tmp_path: Path) -> None:
    """Real processes, let go at the same moment, each with a version of its own to publish."""
    go = tmp_path / "go"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, either_store.uri, name, str(go)],
            stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": SOURCE},
        )
        for name in ("one", "two")
    ]  # fmt: skip
    for racer in racers:
        assert racer.stdout and racer.stdout.readline() == "ready\n"
    go.touch()
    said = {
        name: racer.communicate(timeout=60)[0]
        for name, racer in zip(("one", "two"), racers, strict=True)
    }
    (winner,) = (name for name, text in said.items() if text == "won\n")
    (loser,) = set(said) - {winner}
    assert "Run the command again" in said[loser]
    assert either_store.numbers() == [1]
    assert either_store.read("quarantine")["reason"].to_list() == [winner]
    # What the loser wrote is still there: its own run, started again, publishes on top.
    either_store.publish({"quarantine": write(either_store, loser)}, {}, [], number=2)
    assert either_store.read("quarantine")["reason"].to_list() == [loser]


def test_racing_first_commits_of_a_table_all_land(either_store: Store) -> None:
    writers = [either_store.writer(QUARANTINE) for _ in range(6)]
    for number, writer in enumerate(writers):
        writer.write(bad_row(f"r{number}"))
    with ThreadPoolExecutor(6) as pool:
        versions = list(pool.map(TableWriter.commit, writers))
    assert len(set(versions)) == 6
    for number, version in enumerate(versions):
        found = either_store.publish({"quarantine": version}, {}, [])
        assert either_store.read("quarantine", found)["reason"].to_list() == [f"r{number}"]


def test_a_column_that_an_older_file_lacks_is_null(either_store: Store) -> None:
    """What a contract of before wrote is read by name, beside what this one writes."""
    fields = [f for f in QUARANTINE.schema if f.name not in ("value", "raw")]
    older = TableSchema("quarantine", "as it was", pa.schema(fields))
    parts = [
        write_data_file(either_store.location, older, bad_row("old")),
        write_data_file(either_store.location, QUARANTINE, bad_row("new")),
    ]
    writer = either_store.writer(QUARANTINE)
    writer._parts += parts
    version = StoreVersion(0, {"quarantine": writer.commit()}, contract=CONTRACT_VERSION - 1)
    either_store._versions.append(version.to_record())
    read = either_store.read("quarantine").sort("reason")
    assert read.schema == QUARANTINE.polars
    assert read.select("reason", "raw").rows() == [("new", "{}"), ("old", None)]


def test_a_table_that_an_older_contract_lacks_is_empty(store: Store) -> None:
    record = StoreVersion(0, {}, contract=CONTRACT_VERSION - 1).to_record() | {
        "of_a_newer_plait": 1
    }
    store._versions.append(record)
    assert store.read("events").is_empty()


def test_a_version_whose_parts_are_gone_is_not_published(store: Store) -> None:
    version = write(store, "x")
    for part in (store.path("tables/quarantine") or Path()).glob("*.parquet"):
        part.unlink()
    with pytest.raises(StoreError, match=r"is missing .*Run again"):
        store.publish({"quarantine": version}, {}, [])
    assert store.numbers() == []


def test_a_late_run_gets_no_number_that_gc_set_free(either_store: Store) -> None:
    for _ in range(3):
        either_store.publish({"quarantine": write(either_store, "kept")}, {}, [])
    for number in (1, 2):
        either_store.withdraw(either_store.version(number))
    with pytest.raises(VersionExists, match="Run the command again"):
        either_store.publish({"quarantine": write(either_store, "late")}, {}, [], number=2)
    assert either_store.numbers() == [3]


def test_a_list_of_inputs_that_is_gone_says_how_to_go_on(store: Store) -> None:
    version = store.publish({}, {}, [{"path": "a.csv", "setting": "x"}], 1)
    for listed in store.path("inputs").iterdir():  # type: ignore[union-attr]
        listed.unlink()
    with pytest.raises(StoreError, match=r"is missing.*plait fuse --full"):
        list(store.version(version.number).inputs)
