"""Spark and Polars make the same store of the same logs, row by row."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml
from pyspark.sql import SparkSession

from plait.config import load_config
from plait.config.parse_project import parse_config
from plait.engine.engine import Engine
from plait.engine.spark.spark_engine import SparkEngine
from plait.fusion.fuse_logs import fuse
from plait.store import Store, StoreVersion
from plait.world.build_world import build_world
from plait.world.write_world import write_world

from .logs import rewritten, tables

pytestmark = pytest.mark.slow
NOW = datetime(2026, 12, 1, tzinfo=UTC)
WAYS = [(1, True), (2, False), (7, True)]
MAY_BE_EMPTY = (
    "impressions", "bots", "removed_events", "identity_edges", "blocked_keys", "person_changes",
)  # fmt: skip  # test_incremental.py has some
Tables = dict[str, pl.DataFrame]
Local = tuple[Path, StoreVersion, Tables]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pseudonym key for all stores."""
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "0123456789abcdef" * 4)


def _same(ours: Tables, theirs: Tables) -> None:
    for name, table in theirs.items():
        assert table.height or name in MAY_BE_EMPTY, name
        assert ours[name].equals(table), f"{name}:\n{ours[name]}\n{table}"


def _compare(local: Local, engine: Engine, folder: Path, files: int, backwards: bool) -> None:
    config, version, expected = local
    project = rewritten(config, folder, files, backwards)
    found = fuse(project, engine=engine, now=NOW)
    _same(tables(Store(project.store_path), found, places=False), expected)
    assert found.counts == version.counts


def _fused(config: Path, store: Path) -> Local:
    raw = yaml.safe_load(config.read_text()) | {"store": str(store)}
    version = fuse(parse_config(raw, folder=config.parent), now=NOW)
    return config, version, tables(Store(store), version, places=False)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Local:
    folder = tmp_path_factory.mktemp("world")
    config = write_world(build_world(people=400, seed=3, crawlers=True), folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAIT_PSEUDONYM_KEY", "0123456789abcdef" * 4)
        return _fused(config, folder / "local")


@pytest.mark.parametrize(("files", "backwards"), WAYS)
def test_the_demo_world(
    world: Local, spark: SparkSession, tmp_path: Path, files: int, backwards: bool
) -> None:
    assert world[2]["bots"].height == 3
    assert world[2]["items"]["price_level"].count()
    engine = SparkEngine(spark, parallelism=files)
    _compare(world, engine, tmp_path / "logs", files, backwards)


def test_normalised_strengths(world: Local, spark: SparkSession, tmp_path: Path) -> None:
    """Dwells by their distribution and by the length of the item, ratings, and repeats."""
    plain = world[0]
    raw = yaml.safe_load(plain.read_text())
    for name, platform in raw["platforms"].items():
        dwell, rating = name in ("video", "news"), name == "shop"
        platform["strength"] = {"dwell": dwell, "rating": rating, "repeats": True}
    raw["platforms"]["video"]["catalogue"]["columns"]["length"] = {"constant": "120"}
    config = plain.with_name("strengths.yaml")
    config.write_text(yaml.safe_dump(raw))
    local = _fused(config, tmp_path / "local")
    before, after = (each[2]["events"] for each in (world, local))
    assert {"rate", "watch", "read"} <= set(
        after.filter(after["strength"] != before["strength"])["type"]
    )
    _compare(local, SparkEngine(spark, 4), tmp_path / "spark", 2, True)


def test_the_demo_world_as_it_lies_with_the_place_of_every_bad_row(
    world: Local, spark: SparkSession, tmp_path: Path
) -> None:
    config, version, _ = world
    here = tables(Store(config.parent / "local"), version, places=True)
    raw = load_config(config)
    project = raw.model_copy(update={"store": str(tmp_path / "store")})
    found = fuse(project, engine=SparkEngine(spark), now=NOW)
    _same(tables(Store(tmp_path / "store"), found, places=True), here)


def test_broken_lines_and_listings_are_quarantined_alike(
    spark: SparkSession, tmp_path: Path
) -> None:
    config = write_world(build_world(people=40, seed=3), tmp_path)
    with (tmp_path / "data" / "video" / "plays.jsonl").open("a") as log:
        log.write('{"uid": "u_1", "clip": \n')
    with (tmp_path / "data" / "shop" / "products.csv").open("a") as catalogue:
        catalogue.write("x1,lamp,home,brand,eur,no,12.50,a,b,c,d,e,f,g\n")
    with (tmp_path / "data" / "shop" / "customers.csv").open("a") as accounts:
        accounts.write(",abc\n")
    _, version, here = _fused(config, tmp_path / "local")
    found = here["quarantine"]
    assert set(found["source"]) == {"events", "catalogue", "accounts"}
    assert "bad_json" in found["reason"]
    raw = load_config(config).model_copy(update={"store": str(tmp_path / "store")})
    there = fuse(raw, engine=SparkEngine(spark), now=NOW)
    _same(tables(Store(tmp_path / "store"), there, places=False), here)
    assert there.counts == version.counts


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory, repository: Path, shared: Path) -> Local:
    assert shared.is_dir()
    config = repository / "examples" / "beauty_electronics" / "plait.yaml"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAIT_PSEUDONYM_KEY", "0123456789abcdef" * 4)
        config, version, found = _fused(config, tmp_path_factory.mktemp("shops") / "local")
    del found["quarantine"], found["item_vectors"]  # every row is sound; there is no catalogue
    return config, version, found


@pytest.mark.real
@pytest.mark.parametrize(("files", "backwards"), WAYS)
def test_beauty_and_electronics(
    shops: Local, spark: SparkSession, tmp_path: Path, files: int, backwards: bool
) -> None:
    engine = SparkEngine(spark, parallelism=files)
    _compare(shops, engine, tmp_path / "logs", files, backwards)
