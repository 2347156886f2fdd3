"""Spark and the local engine open the same lists and flags of nested logs of two dialects."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plait.config.parse_project import parse_config
from plait.engine.spark.spark_engine import SparkEngine
from plait.fusion.fuse_logs import fuse
from plait.store import Store

from .logs import tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.slow
NOW = datetime(2025, 1, 1, tzinfo=UTC)
ORDERS: dict[str, Any] = {
    "files": "orders-*.jsonl",
    "each": "lines[]",
    "columns": {
        "account": {"first": ["user.id", "user.session"]}, "item": "each.sku", "time": "at",
        "value": {"column": "each.cents", "times": 0.01},
    },
    "time": {"unit": "s"},
    "type": "purchase",
}  # fmt: skip
CLICKS: dict[str, Any] = {
    "files": "clicks.json",
    "format": "json",
    "records": "data[]",
    "columns": {"account": "u", "item": "= lower(i)", "time": "at", "event_id": "id"},
    "time": {"unit": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"},
    "type": {"flags": {"click": "click", "like": "like"}},
}


def _write(folder: Path, part: int) -> None:
    orders = [
        {
            "user": {"id": f"u{n % 17}" if n % 5 else None, "session": f"s{n}"},
            "at": 1_700_000_000 + n,
            "lines": [{"sku": f"i{(n + k) % 9}", "cents": 150 * k} for k in range(n % 4)],
        }
        for n in range(part * 100, part * 100 + 120)
    ]
    lines = "".join(json.dumps(order) + "\n" for order in orders)
    (folder / f"orders-{part}.jsonl").write_text(lines + '{"user": \n')
    if part:
        return
    clicks = [
        {"id": f"c{n}", "u": f"u{n % 17}", "i": f"I{n % 9}", "at": f"{1 + n % 28:02}.10.2024 02:30",
         "click": n % 2, "like": not n % 3}
        for n in range(60)
    ]  # fmt: skip
    (folder / "clicks.json").write_text(json.dumps({"data": clicks}, indent=1))


@pytest.mark.parametrize("first", ["spark", "local"])
def test_both_engines_open_the_same_rows(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    raw: dict[str, Any] = {"platforms": {"shop": {"events": [ORDERS, CLICKS]}}}
    modes = [("full", "incremental"), ("full", "full")][first == "local"]
    for part, mode in enumerate(modes):
        _write(tmp_path, part)
        if mode == "full" and part:  # a changed setting of a dialect is a full run
            changed = ORDERS | {"nulls": ["u1"]}
            raw = {"platforms": {"shop": {"events": [changed, CLICKS]}}}
        found = {}
        for name in ("spark", "local"):
            project = parse_config(raw | {"store": name}, folder=tmp_path)
            engine = SparkEngine(spark, 3) if name == "spark" else None
            version = fuse(project, engine=engine, now=NOW)
            assert version.run["mode"] == mode
            found[name] = (tables(Store(tmp_path / name), version, places=True), version.counts)
        (there, counts), (here, ours) = found["spark"], found["local"]
        assert counts == ours
        assert here["events"]["type"].n_unique() == 3
        assert set(here["quarantine"]["element"].drop_nulls()) >= {1}
        for table in there:
            assert there[table].equals(here[table]), table
