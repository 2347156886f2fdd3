"""Writes a world to disk, in the formats of four companies, with its project file."""

from __future__ import annotations

import gzip
import io
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import polars as pl
import pyarrow as pa

from plait.world.build_world import World
from plait.world.draw_events import WORLD_DAYS
from plait.world.draw_people import PLATFORMS


def render_project() -> str:
    """Returns the text of the world's project file, which is next to this module."""
    return (files("plait.world") / "plait.yaml").read_text(encoding="utf-8")


def write_world(world: World, folder: Path | str) -> Path:
    """Writes logs, catalogues, account files, the truth and plait.yaml. Returns plait.yaml's path.

    Equal worlds give equal files, byte by byte.
    """
    root = Path(folder)
    data, truth = root / "data", root / "truth"
    for path in (*(data / platform for platform in PLATFORMS), truth):
        path.mkdir(parents=True, exist_ok=True)
    _write_shop(world, data / "shop")
    world.logs["video"].write_ndjson(data / "video" / "plays.jsonl")
    world.catalogues["video"].write_ndjson(data / "video" / "clips.jsonl")
    world.accounts["video"].write_ndjson(data / "video" / "users.jsonl")
    world.logs["social"].write_parquet(data / "social" / "activity.parquet")
    world.catalogues["social"].write_parquet(data / "social" / "posts.parquet")
    world.accounts["social"].write_parquet(data / "social" / "handles.parquet")
    _write_zstd(world.logs["news"], data / "news" / "clickstream.csv.zst")
    world.catalogues["news"].write_csv(data / "news" / "articles.csv")
    world.accounts["news"].write_csv(data / "news" / "devices.csv")
    _write_truth(world, truth)
    project = root / "plait.yaml"
    project.write_text(render_project())
    return project


def _write_shop(world: World, folder: Path) -> None:
    """Writes one log file per month, as shops export them."""
    log = world.logs["shop"]
    time = pl.from_epoch(pl.col("ts").cast(pl.Int64, strict=False), "s").dt.replace_time_zone("UTC")
    inside = time.is_between(world.end - timedelta(days=WORLD_DAYS), world.end)
    month = pl.when(inside).then(time.dt.strftime("%Y-%m")).forward_fill().backward_fill()
    months = log.select(month.alias("month"))[
        "month"
    ]  # a row without a usable time: its neighbour's
    for name in months.unique().sort():
        text = log.filter(months == name).write_csv()
        path = folder / f"orders-{name}.csv.gz"
        path.write_bytes(gzip.compress(text.encode(), compresslevel=5, mtime=0))
    world.catalogues["shop"].write_csv(folder / "products.csv")
    world.accounts["shop"].write_csv(folder / "customers.csv")


def _write_zstd(df: pl.DataFrame, path: Path) -> None:
    buffer = io.BytesIO()
    df.write_csv(buffer)
    with pa.CompressedOutputStream(str(path), "zstd") as out:
        out.write(buffer.getvalue())


def _write_truth(world: World, folder: Path) -> None:
    """Writes the ground truth of people and tastes. plait.yaml does not refer to it."""
    world.people.accounts.write_parquet(folder / "accounts.parquet")
    world.items.write_parquet(folder / "items.parquet")
    world.events.write_parquet(folder / "events.parquet")
    world.crawlers.write_parquet(folder / "crawlers.parquet")
    pl.DataFrame(
        {
            "person": range(len(world.people.level)),
            "level": world.people.level,
            "taste": world.people.taste.tolist(),
        }
    ).write_parquet(folder / "people.parquet")
