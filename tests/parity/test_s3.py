"""Spark reads logs from S3 and writes the store there, as the local engine does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from plait.config import load_config
from plait.fusion.fuse_logs import fuse
from plait.store import Store
from tests.s3 import Bucket

from .logs import tables

pytestmark = pytest.mark.slow


def test_spark_on_s3(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    lines = [f"u{n % 50},i{n % 30},{1_700_000_000 + n * 60}" for n in range(2_000)]
    for part in range(4):
        log = "\n".join(
            ["user,item,time", *lines[part * 500 : part * 500 + 500], "u1,i1,never", ""]
        )
        bucket.put(f"logs/day-{part}.csv", log)
    columns = {"account": "user", "item": "item", "time": "time"}
    events = {
        "files": f"{bucket.uri}/logs/day-*.csv", "columns": columns, "time": {"unit": "s"},
        "type": "view",
    }  # fmt: skip
    stores = {}
    for name in ("local", "spark"):
        raw = {"store": f"{bucket.uri}/{name}", "platforms": {"shop": {"events": events}}}
        stores[name] = tmp_path / f"{name}.yaml"
        stores[name].write_text(yaml.safe_dump(raw))
    here = fuse(stores["local"])
    # A session of its own: its workers take the address of S3 from their environment.
    done = subprocess.run(
        [sys.executable, "-m", "plait.cli.main", "fuse", "-c", stores["spark"], "--engine", "spark",
         "--master", "local[2]", "--quiet"],
        capture_output=True, text=True, timeout=300, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    store = Store(load_config(stores["spark"]).store_uri)
    there = store.current()
    assert there.counts == here.counts
    expected = tables(Store(load_config(stores["local"]).store_uri), here, places=True)
    for name, table in tables(store, there, places=True).items():
        assert table.equals(expected[name]), name
