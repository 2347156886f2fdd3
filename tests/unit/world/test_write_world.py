"""The files of the world: four dialects, the project file that maps them, equal bytes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from plait.config import load_config
from plait.contracts.event_types import EVENT_TYPES
from plait.world import World, build_world, write_world
from plait.world.draw_events import ACTS, OTHER_ACTS
from plait.world.draw_people import PLATFORMS


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(people=200, seed=1)


@pytest.fixture(scope="module")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(world, tmp_path_factory.mktemp("world")).parent


def test_equal_worlds_give_equal_bytes(folder: Path, tmp_path: Path) -> None:
    write_world(build_world(people=200, seed=1), tmp_path)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / path.relative_to(folder)).read_bytes(), path


def test_the_project_file_loads_and_names_files_that_exist(folder: Path) -> None:
    project = load_config(folder / "plait.yaml")
    assert tuple(project.platforms) == PLATFORMS
    for platform in project.platforms.values():
        assert platform.catalogue
        assert platform.accounts
        for files in (platform.events[0].files, platform.catalogue.files, platform.accounts.files):
            for pattern in files:
                assert list(folder.glob(pattern)), pattern


def test_the_project_maps_every_column_it_names_and_every_word(folder: Path, world: World) -> None:
    project = load_config(folder / "plait.yaml")
    for name, platform in project.platforms.items():
        named = set(platform.events[0].columns.model_dump(exclude_none=True).values())
        assert named <= set(world.logs[name].columns), name
        assert platform.catalogue
        listed = set(platform.catalogue.columns.model_dump(exclude_none=True).values())
        assert listed <= set(world.catalogues[name].columns), name
        words = set(ACTS[name][0]) | {act for act, _ in OTHER_ACTS[name]}
        assert set(platform.events[0].type.map) == words, name
        assert set(platform.events[0].type.map.values()) <= set(EVENT_TYPES)


def test_formats_and_clocks(folder: Path, world: World) -> None:
    data = folder / "data"
    months = sorted((data / "shop").glob("orders-*.csv.gz"))
    assert len(months) >= 4
    rows = sum(len(gzip.decompress(m.read_bytes()).decode().splitlines()) - 1 for m in months)
    assert rows == len(world.logs["shop"])
    first = json.loads((data / "video" / "plays.jsonl").read_text().splitlines()[0])
    assert len(str(first["at_ms"])) == 13
    social = pl.read_parquet(data / "social" / "activity.parquet")
    assert social["created_us"].drop_nulls().max() > 10**15
    with pa.input_stream(str(data / "news" / "clickstream.csv.zst"), compression="zstd") as stream:
        lines = stream.read().decode().splitlines()
    assert len(lines) == len(world.logs["news"]) + 1
    assert "+02:00" in lines[1]


def test_ids_keep_their_leading_zeros(folder: Path) -> None:
    products = (folder / "data" / "shop" / "products.csv").read_text().splitlines()[1:]
    skus = [line.split(",")[0] for line in products]
    assert all(len(sku) == 6 for sku in skus)
    assert any(sku.startswith("0") for sku in skus)


def test_no_raw_address_is_written(folder: Path) -> None:
    for path in (folder / "data").rglob("*"):
        if path.suffix in (".csv", ".jsonl"):
            assert "mail.example" not in path.read_text()
