"""`plait diff` finds every row that one side has more often."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.contracts.store_tables import ACCOUNTS, EVENTS, ITEMS, SEQUENCES
from plait.store import Store, store_diff
from plait.store.store_diff import DiffSide
from tests.unit.cli.conftest import Shop


def test_versions_are_compared_row_by_row(shop: Shop) -> None:
    shop.fuse("a")
    shop.fuse("b")
    done = shop.run("diff", "1", "2", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    events = next(t for t in found["tables"] if t["table"] == "events")
    assert (found["equal"], events["rows"], events["only"]) == (False, [1, 2], [0, 1])
    assert events["examples"][1][0]["object_id"] == "shop:b"
    said = shop.run("diff", "1", "2").stdout
    assert f"A  {shop.uri}@1" in said
    assert "events, only B: " in said
    assert "object_id=shop:b" in said


def test_a_version_equals_itself_and_its_rollback(shop: Shop) -> None:
    shop.fuse("a")
    shop.fuse("b")
    shop.run("versions", "rollback")
    for pair in (("2", "2"), ("1", "3"), (f"{shop.uri}@1", shop.uri)):
        done = shop.run("diff", *pair)
        assert done.exit_code == 0, done.stdout
        assert "Equal: every row" in done.stdout


def test_two_stores_of_the_same_logs_are_equal(shop: Shop, tmp_path: Path) -> None:
    """A folder and, where the project is on S3, a bucket: the place makes no difference."""
    shop.fuse("a", "b")
    other = Shop(shop.folder, str(tmp_path / "other"))
    config = shop.folder / "plait.yaml"
    config.write_text(config.read_text().replace(f"store: {shop.uri}", f"store: {other.uri}"))
    assert other.run("fuse", "--json").exit_code == 0
    assert other.run("diff", shop.uri, other.uri).exit_code == 0
    other.fuse("c")
    assert other.run("diff", shop.uri, other.uri).exit_code == 1


def test_what_is_no_store_is_an_error_not_a_difference(shop: Shop, tmp_path: Path) -> None:
    shop.fuse("a")
    assert "there is no store at" in shop.refused("diff", "1", str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()
    assert "Versions: [1]" in shop.refused("diff", "1", "2")


def side(folder: Path, *parts: pl.DataFrame) -> DiffSide:
    """A store whose items are `parts`, each a file."""
    store = Store(folder)
    writer = store.writer(ITEMS)
    for part in parts:
        writer.write(part)
    return DiffSide(store, store.publish({"items": writer.commit()}, {}, []))


def items(names: Sequence[str], **more: Any) -> pl.DataFrame:
    return pl.DataFrame(
        [{"item": n, "platform": "p", "events": 1, "people": 1} | more for n in names]
    )


@pytest.mark.parametrize("passes", [1, 3])
def test_rows_count_as_often_as_they_stand_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passes: int
) -> None:
    monkeypatch.setattr(store_diff, "_MAX_ROWS_HELD", 4 // passes)
    first = side(tmp_path / "a", items("xyx"), items("x"))
    second = side(tmp_path / "b", items("zxy"))
    (found,) = store_diff.diff_versions(first, second)
    assert (found.rows, found.only) == ((4, 3), (2, 1))
    assert [row["item"] for row in found.examples[1]] == ["z"]
    assert {row["item"] for row in found.examples[0]} == {"x"}
    # Neither the order of rows nor that of files is a difference.
    (found,) = store_diff.diff_versions(first, side(tmp_path / "c", items("x"), items("xxy")))
    assert found.equal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}),
        ({"tags": ["a", "b"]}, {"tags": ["a,b"]}),
        ({"tags": []}, {"tags": None}),
        ({"tags": [None]}, {"tags": []}),
        ({"vector": [0.1, math.nan]}, {"vector": [0.1, None]}),
        ({"vector": [1.0]}, {"vector": [1.0000001]}),
        ({"price": 0.1 + 0.2}, {"price": 0.3}),
        ({"price": math.nan}, {"price": None}),
        ({"price": math.inf}, {"price": None}),
        ({"title": ""}, {"title": None}),
        ({"title": 'a","brand":"b'}, {"title": "a", "brand": "b"}),
        ({"events": 2**60}, {"events": 2**60 + 1}),
        (
            {"published": datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=UTC)},
            {"published": datetime(2024, 1, 1, 0, 0, 0, 2, tzinfo=UTC)},
        ),
    ],
)  # fmt: skip
def test_a_difference_in_any_column_is_seen(
    tmp_path: Path, one: dict[str, Any], other: dict[str, Any]
) -> None:
    frames = [ITEMS.conform(items("x", **kind)) for kind in (one, other)]
    first, second = side(tmp_path / "a", frames[0]), side(tmp_path / "b", frames[1])
    assert store_diff.diff_versions(first, second)[0].only == (1, 1)
    assert store_diff.diff_versions(first, side(tmp_path / "c", frames[0]))[0].equal


def test_what_people_wrote_is_not_shown(tmp_path: Path) -> None:
    sides = []
    for place, words in (("a", "a secret wish"), ("b", "another")):
        store = Store(tmp_path / place)
        writer = store.writer(EVENTS)
        row = {
            "event_id": "e", "platform": "p", "account": "a", "person": "x", "type": "search",
            "object_kind": "query", "query_text": words, "time_resolution": "order",
            "strength": 0.0, "bucket": 0,
        }  # fmt: skip
        writer.write(pl.DataFrame([row]))
        sides.append(DiffSide(store, store.publish({"events": writer.commit()}, {}, [])))
    (found,) = store_diff.diff_versions(*sides)
    assert found.only == (1, 1)
    assert [rows[0]["query_text"] for rows in found.examples] == [
        "<13 characters>", "<7 characters>",
    ]  # fmt: skip


def test_times_in_lists_are_told_apart(tmp_path: Path) -> None:
    sides = []
    for place, microsecond in (("a", 1), ("b", 2), ("c", 1)):
        store = Store(tmp_path / place)
        writer = store.writer(SEQUENCES)
        when = datetime(2024, 1, 1, 0, 0, 0, microsecond, tzinfo=UTC)
        row = {"person": "p", "total": 1, "time": [when, None], "order": [1, None]}
        writer.write(SEQUENCES.conform(pl.DataFrame([row])))
        sides.append(DiffSide(store, store.publish({"sequences": writer.commit()}, {}, [])))
    assert store_diff.diff_versions(sides[0], sides[1])[0].only == (1, 1)
    assert store_diff.diff_versions(sides[0], sides[2])[0].equal


def test_where_an_account_lies_is_no_difference(tmp_path: Path) -> None:
    sides = []
    for bucket in (0, 3):
        store = Store(tmp_path / str(bucket))
        writer = store.writer(ACCOUNTS)
        one = {"account": "a", "platform": "p", "person": "x", "rule": "alone", "bucket": bucket}
        writer.write(pl.DataFrame([one]))
        sides.append(DiffSide(store, store.publish({"accounts": writer.commit()}, {}, [])))
    assert all(table.equal for table in store_diff.diff_versions(*sides))
