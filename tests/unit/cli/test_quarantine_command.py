"""`plait quarantine` shows what was set aside, and why, also if nothing was published."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plait.store.failed_run import last_failed_run
from plait.store.store_objects import list_objects
from tests.unit.cli.conftest import Shop

HEADER = "user,item,time\n"


def _write(shop: Shop, name: str, rows: str) -> None:
    (shop.folder / "logs" / f"{name}.csv").write_text(HEADER + rows)


def _rows(shop: Shop, *arguments: str) -> list[dict[str, Any]]:
    said = shop.run("quarantine", "--json", *arguments).stdout
    return [json.loads(line) for line in said.splitlines()]


@pytest.fixture
def broken(shop: Shop) -> Shop:
    """One version, with three rows in quarantine."""
    _write(shop, "a", "ann,i1,1700000000\nbob,i1,03.01.2024\nbob,i2,y\n")
    _write(shop, "b", ",i1,1700000000\nann,i3,1700000000\n")
    assert shop.run("fuse", "--json").exit_code == 0
    return shop


def test_without_a_filter_reasons_are_counted_with_their_fix(broken: Shop) -> None:
    said = broken.run("quarantine").stdout
    assert "quarantine of store version 1" in said
    assert "bad_time: the time cannot be read" in said
    assert "logs/a.csv:2 time = '03.01.2024'" in said
    assert "Set platforms.shop.events.time.unit to iso, s, ms, us, ns or a pattern" in said
    found = json.loads(broken.run("quarantine", "--json").stdout)
    assert [(e["reason"], e["rows"]) for e in found["reasons"]] == [
        ("bad_time", 2), ("null_account", 1),
    ]  # fmt: skip
    assert found["version"] == 1


def test_the_named_command_shows_the_rows(broken: Shop) -> None:
    said = broken.run("quarantine", "--platform", "shop", "--reason", "bad_time").stdout
    assert "2 matching rows" in said
    assert "logs/a.csv:2  time = '03.01.2024'" in said
    assert '"item":"i1"' in said
    assert "bob" not in said


def test_filters_choose_rows(broken: Shop) -> None:
    assert [row["row"] for row in _rows(broken, "--reason", "bad_time")] == [2, 3]
    assert [row["reason"] for row in _rows(broken, "--file", "b.csv")] == ["null_account"]
    assert len(_rows(broken, "--platform", "shop", "--limit", "1")) == 1
    assert not _rows(broken, "--reason", "bad_order")
    assert "no row matches" in broken.run("quarantine", "--reason", "bad_order").stdout


def test_unknown_names_are_refused_with_the_nearest(broken: Shop) -> None:
    assert "Did you mean 'bad_time'" in broken.refused("quarantine", "--reason", "bad_tme")
    assert "Did you mean 'shop'" in broken.refused("quarantine", "--platform", "shp")
    assert "no version 9" in broken.refused("quarantine", "--version", "9")


def test_a_version_may_be_named(broken: Shop) -> None:
    _write(broken, "c", "eve,i1,z\n")
    assert broken.run("fuse", "--json").exit_code == 0
    assert len(_rows(broken, "--platform", "shop")) == 4
    assert len(_rows(broken, "--platform", "shop", "--version", "1")) == 3


def test_an_empty_quarantine_is_told(shop: Shop) -> None:
    shop.fuse("a")
    assert "empty. No row was set aside" in shop.run("quarantine").stdout


def test_a_run_that_published_nothing_leaves_its_quarantine(shop: Shop) -> None:
    _write(shop, "a", "ann,i1,x\nbob,i1,y\n")
    said = shop.refused("fuse", "--quiet")
    assert "2 quarantined: the time cannot be read (bad_time; for example logs/a.csv:1" in said
    command = f"plait quarantine -c {shop.folder / 'plait.yaml'} --platform shop"
    assert command in said
    assert [row["value"] for row in _rows(shop, "--platform", "shop")] == ["x", "y"]
    text = shop.run("quarantine").stdout.replace("\n", " ")
    assert "quarantine of the run that failed at" in text
    assert "It published nothing. TooFewEvents: platform 'shop'" in text
    assert json.loads(shop.run("quarantine", "--json").stdout)["version"] is None


def test_gc_keeps_a_failed_run_until_a_version_is_published(shop: Shop) -> None:
    shop.fuse("a")
    log = next((shop.folder / "logs").glob("*.csv"))
    good = log.read_text()
    log.write_text(HEADER + "ann,i1,x\n")
    shop.refused("fuse", "--quiet", "--full")
    collect = ("gc", "--keep", "1", "--older-than", "0s", "--json")
    shop.run(*collect)
    assert last_failed_run(shop.store) is not None
    assert [row["value"] for row in _rows(shop, "--reason", "bad_time")] == ["x"]
    log.write_text(good)
    shop.fuse("b")
    assert "empty" in shop.run("quarantine").stdout
    assert json.loads(shop.run(*collect).stdout)["objects"]["failed_runs"] == [
        "failed_runs/last.json"
    ]
    assert not list_objects(shop.store.objects, "failed_runs")
