"""What a version read is not in the version's own JSON, and is read by nobody who polls."""

from __future__ import annotations

import json
import pickle

import obstore
import pytest

from plait.store import Store
from plait.store.feedback.log_paths import EVENTS_FOLDER, LINKS_FOLDER
from plait.store.input_records import InputRecords
from plait.store.roll_back import roll_back
from plait.store.store_objects import read_object, write_object

READ = [
    {"path": "shop.csv", "bytes": 10, "modified": 1700000000.123456, "setting": "platforms.shop"},
    *({"path": f"{EVENTS_FOLDER}/{n}-0_{n}-7.parquet", "bytes": 9} for n in range(5000)),
    {"path": f"{EVENTS_FOLDER}/part-7-0a1b_9-0_9000-3.parquet", "bytes": 9},
    {"path": f"{LINKS_FOLDER}/4-0_4-1.parquet", "bytes": 9},
]  # fmt: skip


def test_a_version_is_small_whatever_it_read(
    either_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = either_store
    made = store.publish({}, {"rows": 1}, READ)
    body = read_object(store.objects, "versions/00000001.json")
    assert len(body) < 1_000
    assert json.loads(body)["inputs"] == []  # what a plait of before looks at
    assert list(store.version(1).inputs) == list(made.inputs) == READ
    assert store.version(1).inputs == made.inputs
    assert (made.inputs[0], made.inputs[1:3]) == (READ[0], READ[1:3])
    assert pickle.loads(pickle.dumps(made)).inputs == READ
    assert made.drained == {EVENTS_FOLDER: "9000-3", LINKS_FOLDER: "4-1"}
    asked: list[str] = []
    get = obstore.get
    monkeypatch.setattr(
        obstore, "get", lambda s, path, **m: asked.append(path) or get(s, path, **m)
    )
    polled = store.poll()
    assert len(polled.inputs) == len(READ)
    assert polled == made
    assert not [path for path in asked if path.startswith("inputs/")]


def test_a_version_of_before_has_its_inputs_inside(store: Store) -> None:
    old = {"tables": {}, "counts": {}, "inputs": READ[:2], "contract": 0, "published": ""}
    store.publish({}, {}, [])
    old["contract"] = store.current().contract
    write_object(store.objects, "versions/00000002.json", json.dumps(old).encode())
    version = store.version(2)
    assert (version.inputs, version.drained) == (READ[:2], None)
    assert version.to_record()["inputs"] == READ[:2]
    assert store.poll().number == 2


def test_a_rollback_says_what_the_older_version_read(store: Store) -> None:
    store.publish({}, {}, READ)
    older = store.version(1)
    store._versions.append({**older.to_record(), "tables": {"x": 1}, "inputs": []})
    again = roll_back(store, 1)
    assert isinstance(again.inputs, InputRecords)
    assert (again.inputs, again.drained) == (READ, older.drained)
