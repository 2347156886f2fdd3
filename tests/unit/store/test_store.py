from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from plait.contracts.tables import EVENTS, QUARANTINE
from plait.errors import NothingFused, StoreError, VersionExists
from plait.store import Store


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


def test_an_empty_store_says_what_to_run(store: Store) -> None:
    with pytest.raises(NothingFused, match="plait fuse"):
        store.current()


def test_rows_are_unseen_until_published(store: Store) -> None:
    store.publish({"quarantine": write(store, "old")}, {}, [])
    later = write(store, "new", "newer")
    assert store.read("quarantine")["reason"].to_list() == ["old"]
    store.publish({"quarantine": later}, {}, [])
    assert store.read("quarantine")["reason"].sort().to_list() == ["new", "newer"]


def test_an_older_version_stays_readable(store: Store) -> None:
    first = store.publish({"quarantine": write(store, "old")}, {"rows": 1}, [])
    store.publish({"quarantine": write(store, "new")}, {}, [])
    assert store.read("quarantine", store.version(first.number))["reason"].to_list() == ["old"]
    assert store.version(1).counts == {"rows": 1}
    assert store.numbers() == [1, 2]


def test_a_table_without_rows_reads_as_an_empty_table(store: Store) -> None:
    store.publish({"events": store.writer(EVENTS).commit()}, {}, [])
    assert store.read("events").schema == EVENTS.polars


def test_two_publishers_of_one_number_cannot_both_win(store: Store) -> None:
    store.publish({"quarantine": write(store, "mine")}, {}, [], number=1)
    with pytest.raises(VersionExists, match="run the command again"):
        store.publish({"quarantine": write(store, "theirs")}, {}, [], number=1)
    assert store.read("quarantine")["reason"].to_list() == ["mine"]


def test_a_store_in_a_file_s_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Set `store:`"):
        Store(tmp_path / "file" / "store")


def test_a_newer_contract_is_refused(store: Store) -> None:
    store._versions.append(
        {"tables": {}, "counts": {}, "inputs": [], "contract": 99, "published": ""}
    )
    with pytest.raises(StoreError, match="contract 99"):
        store.current()


def test_a_version_that_is_not_there_names_those_that_are(store: Store) -> None:
    store.publish({"quarantine": write(store, "x")}, {}, [])
    with pytest.raises(StoreError, match=r"Versions: \[1\]"):
        store.version(7)
