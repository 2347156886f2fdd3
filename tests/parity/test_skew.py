"""One account with half of all events is a larger bucket, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pyspark.sql import SparkSession

from plait.config.parse_project import parse_config
from plait.engine.engine import Engine
from plait.engine.spark.spark_engine import SparkEngine
from plait.fusion.fuse_logs import fuse
from plait.store import Store

from .logs import tables

pytestmark = pytest.mark.slow
ROWS, FILES = 40_000, 4
NOW = datetime(2025, 1, 1, tzinfo=UTC)


def _fused(folder: Path, store: str, engine: Engine | None) -> dict[str, pl.DataFrame]:
    columns = {"account": "user", "item": "item", "time": "time"}
    events = {"files": "log-*.csv", "columns": columns, "time": {"unit": "s"}, "type": "view"}
    # An account with an event each second would be a bot.
    shop = {"events": events, "denoise": {"bots": {"remove": False}, "near_duplicate_seconds": 0}}
    raw = {"store": store, "platforms": {"shop": shop}}
    version = fuse(parse_config(raw, folder=folder), engine=engine, now=NOW)
    return tables(Store(folder / store), version, places=True)


def test_a_skewed_account(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    monkeypatch.setattr("plait.engine.spark.payload._MAX_ROWS", 1_000)  # of what the driver sends
    draws = np.random.default_rng(5)
    user = np.where(draws.random(ROWS) < 0.5, 0, draws.integers(1, 2_000, ROWS))
    log = pl.DataFrame(
        {
            "user": user,
            "item": draws.integers(0, 500, ROWS),
            "time": 1_700_000_000 + np.arange(ROWS),
        }
    )
    for n, part in enumerate(log.iter_slices(ROWS // FILES)):
        part.write_csv(tmp_path / f"log-{n}.csv")
    here = _fused(tmp_path, "local", None)
    there = _fused(tmp_path, "spark", SparkEngine(spark, parallelism=4))
    assert here["sequences"]["total"].max() == int((user == 0).sum()) > ROWS // 3
    for name in ("events", "items", "people", "accounts", "sequences"):
        assert there[name].equals(here[name]), name
