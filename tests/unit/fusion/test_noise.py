"""What a fuse removes as noise: crawlers and no people, in one run or part by part."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from plait.config.parse_project import parse_config
from plait.contracts.store_tables import TABLES
from plait.demo.linkage_quality import count_found
from plait.fusion.fuse_logs import fuse
from plait.privacy.pseudonym_key import load_key
from plait.store import Store
from plait.world.build_world import DEFAULT_END, build_world
from plait.world.write_world import write_world

from .small import Fuse, Fused, platform

START = 1_700_000_000


@pytest.mark.parametrize("seed", range(4))
def test_every_crawler_of_the_world_is_found_and_no_human_is_lost(
    tmp_path: Path, seed: int
) -> None:
    world = build_world(300, seed, crawlers=True)
    file = write_world(world, tmp_path)
    raw = yaml.safe_load(file.read_text())
    project = parse_config(raw, folder=tmp_path)
    version = fuse(project, now=DEFAULT_END + timedelta(days=1))
    bots = Store(project.store_uri).read("bots", version)
    found = count_found(bots, world.crawlers, load_key(project))
    assert (found.planted, found.found, found.others) == (3, 3, 0)
    clean = [entry["events"] for entry in version.counts["platforms"].values()]
    assert sum(clean) == version.counts["events"]
    kinds = dict(zip(bots["platform"], bots["reason"], strict=True))
    assert kinds == {
        "shop": "fast_and_regular", "news": "sleepless_and_regular", "video": "sleepless_and_broad",
    }  # fmt: skip
    near = sum(e["removed"].get("near_duplicate", 0) for e in version.counts["platforms"].values())
    assert version.counts["events"] + near == world.events.height


def _same(one: Fused, two: Fused) -> None:
    for table, contract in TABLES.items():
        names = [n for n in contract.columns if not contract.polars[n].is_nested()]
        first, second = (getattr(fused, table).sort(names) for fused in (one, two))
        assert first.equals(second), table
    assert one.version.counts == two.version.counts


def _write(folder: Path, name: str, rows: list[tuple[str, str, int]]) -> None:
    frame = pl.DataFrame(rows, schema=["user", "item", "time"], orient="row")
    frame.write_csv(folder / name)


def _crawl(start: int, count: int) -> list[tuple[str, str, int]]:
    return [("crawler", f"i{n}", start + 2 * n) for n in range(count)]


def _clicks(*at: int) -> list[tuple[str, str, int]]:
    return [("ann", "i1", START + second) for second in at]


SETTINGS: dict[str, Any] = {"near_duplicate_seconds": 10, "session_gap_minutes": 30}


def _shop(**more: Any) -> dict[str, Any]:
    return {"shop": platform("shop-*.csv", type="view") | {"denoise": SETTINGS | more}}


def test_an_account_becomes_a_bot_when_its_rows_tell(folder: Path, fuse_here: Fuse) -> None:
    _write(folder, "shop-1.csv", _crawl(START, 700) + _clicks(0))
    first = fuse_here(_shop())
    assert first.bots.is_empty()
    assert first.platform("shop")["removed"] == {}
    _write(folder, "shop-2.csv", _crawl(START + 1400, 600))
    second = fuse_here(_shop())
    assert second.version.run["mode"] == "incremental"
    assert second.platform("shop")["removed"] == {"bot": 1300}
    assert second.bots["events"].to_list() == [1300]
    assert second.events["object_id"].to_list() == ["shop:i1"]
    assert second.removed_events["removed_as"].unique().to_list() == ["bot"]
    _same(second, fuse_here(_shop(), full=True))


def test_a_bot_of_an_untouched_bucket_stays_listed(folder: Path, fuse_here: Fuse) -> None:
    _write(folder, "shop-1.csv", _crawl(START, 1300) + _clicks(0))
    assert fuse_here(_shop()).bots.height == 1
    _write(folder, "shop-2.csv", [(f"u{n}", "i2", START) for n in range(3)])
    part = fuse_here(_shop())
    assert part.bots.height == 1
    _same(part, fuse_here(_shop(), full=True))


def test_an_earlier_click_makes_another_one_the_repeat(folder: Path, fuse_here: Fuse) -> None:
    _write(folder, "shop-1.csv", _clicks(8, 16, 24, 4000))
    first = fuse_here(_shop())
    assert first.platform("shop")["removed"] == {"near_duplicate": 1}
    _write(folder, "shop-2.csv", _clicks(0, 16))
    second = fuse_here(_shop())
    at = second.events["time"].dt.epoch("s").sort() - START
    assert at.to_list() == [0, 16, 4000]  # 8 repeats 0 now, and 24 repeats 16
    assert second.platform("shop")["removed"] == {"near_duplicate": 2}
    assert second.platform("shop")["duplicates"] == 1
    assert second.events["session"].n_unique() == 2
    _same(second, fuse_here(_shop(), full=True))


def test_a_relaxed_setting_gives_the_events_back(folder: Path, fuse_here: Fuse) -> None:
    _write(folder, "shop-1.csv", _crawl(START, 1300) + _clicks(0, 1))
    assert fuse_here(_shop()).events.height == 1
    back = fuse_here(_shop(bots={"remove": False}, near_duplicate_seconds=0))
    assert "denoise" in back.version.run["why"]
    assert back.events.height == 1302
    assert back.removed_events.is_empty()
    assert back.platform("shop")["removed"] == {}


def test_a_k_core_counts_no_noise(folder: Path, fuse_here: Fuse) -> None:
    _write(folder, "shop-1.csv", [("bob", "i1", START), ("bob", "i1", START + 60), *_clicks(0, 1)])
    core = fuse_here({"shop": platform("shop-*.csv", type="view", k_core=2)})
    assert core.platform("shop")["removed"] == {"near_duplicate": 1, "k_core": 1}
    assert core.events.height == 2


def test_removed_events_have_the_strengths_that_a_full_run_gives_them(
    folder: Path, fuse_here: Fuse
) -> None:
    shop = _shop()["shop"] | {"strength": {"repeats": True}}
    again = [("crawler", f"i{n % 3}", START + 2 * n) for n in range(1300)]
    shop["denoise"] = SETTINGS | {"near_duplicate_seconds": 1}
    _write(folder, "shop-1.csv", [*again[:700], *_clicks(4, 100)])
    first = fuse_here({"shop": shop})
    assert first.events["strength"].n_unique() > 2
    _write(folder, "shop-2.csv", [*again[700:], *_clicks(3)])
    second = fuse_here({"shop": shop})
    assert second.version.run["mode"] == "incremental"
    assert second.platform("shop")["removed"] == {"bot": 1300, "near_duplicate": 1}
    _same(second, fuse_here({"shop": shop}, full=True))
