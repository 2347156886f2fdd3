"""`plait fuse --dry-run` shows rows beside what they become, and writes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plait.errors import UnknownColumn

from .conftest import Shop

LOG = """\
user,item,time
ann@example.org,i1,1700000000
ann@example.org,i2,yesterday
,i3,1700000000
bob@example.org,i4,1700000001
eve@example.org,i5,1700000002
zoe@example.org,i6,1700000003
"""


def _files(shop: Shop) -> set[Path]:
    return {path for path in shop.folder.rglob("*") if path.name != "plait.yaml"}


@pytest.fixture
def log(shop: Shop) -> Shop:
    (shop.folder / "logs" / "a.csv").write_text(LOG)
    return shop


def test_rows_are_shown_beside_what_they_become(log: Shop) -> None:
    before = _files(log)
    said = log.run("fuse", "--dry-run").stdout
    assert "6 rows at the start of 1 file, 4 events" in said
    assert "2023-11-14 22:13:20 UTC" in said
    assert "bad_time: the time cannot be read" in said
    assert "Set platforms.shop.events.time.unit" in said
    assert "example.org" not in said
    assert max(map(len, said.splitlines())) <= 100
    assert _files(log) == before


def test_json(log: Shop) -> None:
    found: dict[str, Any] = json.loads(log.run("fuse", "--dry-run", "--json").stdout)
    shop = found["platforms"]["shop"]
    assert (shop["files"], shop["rows"], shop["events"]) == (1, 6, 4)
    assert {entry["reason"]: entry["rows"] for entry in shop["set_aside"]} == {
        "bad_time": 1, "null_account": 1,
    }  # fmt: skip
    assert [example["row"] for example in shop["examples"]] == [1, 4, 5]
    fields = {entry["field"]: entry for entry in shop["examples"][0]["fields"]}
    assert (fields["account"]["source"], fields["account"]["raw"]) == ("user", "<15 characters>")
    assert fields["account"]["became"].startswith("a_")
    assert (fields["item"]["raw"], fields["item"]["became"]) == ("i1", "shop:i1")
    assert fields["time"]["became"] == "2023-11-14 22:13:20 UTC"
    assert (fields["type"]["source"], fields["type"]["became"]) == ("all rows", "purchase")
    assert float(fields["strength"]["became"]) > 0


def test_strengths_that_need_all_rows_are_named(log: Shop) -> None:
    assert "makes it relative" not in log.run("fuse", "--dry-run").stdout
    config = log.folder / "plait.yaml"
    text = config.read_text()
    config.write_text(
        text.replace("  shop:", "  shop:\n    strength: {repeats: true, dwell: true}")
    )
    said = " ".join(log.run("fuse", "--dry-run").stdout.split())
    assert "A fuse makes it relative to dwell and repeats (platforms.shop.strength)" in said


def test_every_verb_is_named(log: Shop) -> None:
    config = log.folder / "plait.yaml"
    text = config.read_text().replace(
        "account: user", "account: {first: [user, item]}, query: '= lower(\"user\")', "
        "dwell: {column: time, times: 0.00001}, session: {constant: s}",
    )  # fmt: skip
    config.write_text(text)
    found = json.loads(log.run("fuse", "--dry-run", "--json").stdout)
    example = found["platforms"]["shop"]["examples"][0]
    fields = {entry["field"]: entry for entry in example["fields"]}
    assert fields["account"]["source"] == "first user, item"
    assert fields["query"]["source"] == '= lower("user")'
    assert fields["query"]["became"] is None  # the item is the object of the event
    assert fields["dwell"]["source"] == "time, times 1e-05"
    assert fields["dwell"]["became"] == "17000"


def test_types_from_a_column_are_shown_with_their_words(log: Shop) -> None:
    config = log.folder / "plait.yaml"
    text = config.read_text()
    changed = text.replace("type: purchase", "type: {column: item, map: {i1: like, i4: save}}")
    assert changed != text
    config.write_text(changed)
    found = json.loads(log.run("fuse", "--dry-run", "--json").stdout)
    types = [
        field
        for example in found["platforms"]["shop"]["examples"]
        for field in example["fields"]
        if field["field"] == "type"
    ]
    assert [(entry["raw"], entry["became"]) for entry in types] == [("i1", "like"), ("i4", "save")]


def test_a_log_of_which_nothing_can_be_used_is_shown_too(shop: Shop) -> None:
    (shop.folder / "logs" / "a.csv").write_text("user,item,time\nann,i1,x\n")
    (shop.folder / "logs" / "b.csv").write_text("user,item,time\n")
    said = shop.run("fuse", "--dry-run").stdout
    assert "1 row at the start of 2 files, 0 events" in said
    assert "bad_time" in said


def test_a_missing_column_is_told(shop: Shop) -> None:
    (shop.folder / "logs" / "a.csv").write_text("usr,item,time\nann,i1,1\n")
    with pytest.raises(UnknownColumn, match="account: usr"):
        shop.run("fuse", "--dry-run")
