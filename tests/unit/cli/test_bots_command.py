"""`plait bots`: who was removed, and why."""

from __future__ import annotations

import json

import pytest

from plait.cli import console
from tests.unit.cli.conftest import Shop


def test_nobody_is_listed_where_nobody_was_removed(shop: Shop) -> None:
    shop.fuse("a")
    assert "version 1 took no account for a bot" in shop.run("bots").stdout
    assert json.loads(shop.run("bots", "--json").stdout) == []


def test_a_bot_is_listed_with_its_reason_and_figures(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        rows = "".join(f"{name},i{n},{1_700_000_000 + 2 * n}\n" for n in range(1300))
        (shop.folder / "logs" / f"{name}.csv").write_text("user,item,time\n" + rows)
    shop.log("a")
    said = " ".join(shop.run("fuse", "-q").stdout.split())
    assert "Removed 2,600 events of bots. See which: plait bots" in said
    listed = json.loads(shop.run("bots", "--json").stdout)
    assert [(b["events"], b["reason"], b["breadth"]) for b in listed] == [
        (1300, "fast_and_regular", 1.0)
    ] * 2
    shown = shop.run("bots", "--rows", "1").stdout
    assert shown.count("fast_and_regular") == 1
    assert " 1,300 " in shown
    assert f"{listed[0]['account']} " in shown
    assert "and 1 more: --rows 2" in shown
    assert "denoise.bots" in shown

    monkeypatch.setattr(console, "PIPED_WIDTH", 80)  # too narrow for the table
    lines = shop.run("bots", "--rows", "1").stdout.splitlines()
    assert listed[0]["account"] in lines
    assert max(map(len, lines)) <= 80
