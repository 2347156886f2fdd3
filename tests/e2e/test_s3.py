"""The whole road with nothing on this machine: logs, store, models and feedback lie on S3."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
import yaml

from plait.store import Store
from tests.s3 import KEYS, Bucket
from tests.unit.training.tiny import tiny_sequences

pytestmark = pytest.mark.slow
EVENT = "bought-over-http"


class Project:
    """The command line over a project on S3; what a process prints never holds a secret."""

    def __init__(self, folder: Path, bucket: Bucket) -> None:
        self.file, self.uri = folder / "plait.yaml", f"{bucket.uri}/plait"
        self.env = os.environ | {
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PLAIT_PSEUDONYM_KEY": "k" * 64,
        }

    @property
    def store(self) -> Store:
        return Store(self.uri)

    def command(self, verb: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "plait.cli.main", verb, "-c", str(self.file), *arguments]

    def run(self, verb: str, *arguments: str) -> Any:
        """Returns what the verb prints as JSON."""
        done = subprocess.run(
            self.command(verb, *arguments), capture_output=True, text=True, env=self.env,
            timeout=300, cwd=self.file.parent,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert KEYS["AWS_SECRET_ACCESS_KEY"] not in done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def project(bucket: Bucket, tmp_path: Path) -> Project:
    """Logs of 60 people in three formats, a catalogue and account attributes, all on S3."""
    events = tiny_sequences(60, 10, 20).explode(pl.col(pl.List))
    rows = events.select(
        pl.col("platform"),
        user="person",
        item=pl.col("item").str.split(":").list.last(),
        time="time",
    )
    shop, video = (rows.filter(platform=name).drop("platform") for name in ("shop", "video"))
    half = shop.height // 2
    csv, parquet, jsonl = io.BytesIO(), io.BytesIO(), io.BytesIO()
    shop[:half].write_csv(csv)
    shop[half:].write_parquet(parquet)
    video.write_ndjson(jsonl)
    bucket.put("logs/shop/1.csv.gz", gzip.compress(csv.getvalue()))
    bucket.put("logs/shop/2.parquet", parquet.getvalue())
    bucket.put("logs/video.jsonl", jsonl.getvalue())
    titles = shop.select("item", title="item").unique().sort("item")
    bucket.put("catalogue.csv", titles.write_csv())
    for name in ("shop", "video"):
        users = rows.select("user", mail=pl.concat_str("user", pl.lit("@x.example"))).unique()
        bucket.put(f"accounts/{name}.csv", users.sort("user").write_csv())
    columns = {"account": "user", "item": "item", "time": "time"}
    platforms: dict[str, Any] = {
        name: {
            "events": {"files": files, "columns": columns, "type": "purchase"},
            "accounts": {
                "files": f"{bucket.uri}/accounts/{name}.csv",
                "account": "user",
                "keys": {"email_hash": "mail"},
            },
        }
        for name, files in {
            "shop": f"{bucket.uri}/logs/shop/*", "video": f"{bucket.uri}/logs/video.jsonl",
        }.items()
    }  # fmt: skip
    platforms["shop"]["catalogue"] = {
        "files": f"{bucket.uri}/catalogue.csv",
        "columns": {"item": "item", "title": "title"},
    }
    found = Project(tmp_path, bucket)
    raw = {
        "store": found.uri,
        "platforms": platforms,
        "train": {"epochs": 2, "dimensions": 16, "learning_rate": 0.01, "batch_size": 32},
    }
    found.file.write_text(yaml.safe_dump(raw))
    return found


@pytest.fixture
def served(project: Project) -> Iterator[Any]:
    """Starts `plait serve`; yields a function that returns its address, and one that ends it."""
    running: list[subprocess.Popen[str]] = []

    def start() -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        running.append(
            subprocess.Popen(
                project.command("serve", "--port", str(port), "--json", "--quiet"),
                stdout=subprocess.PIPE, text=True, env=project.env, start_new_session=True,
            )
        )  # fmt: skip
        stdout = running[0].stdout
        assert stdout
        said = stdout.readline()
        assert said, "plait serve ended before it was ready"
        return str(json.loads(said)["url"])

    def stop() -> None:
        if running:
            process = running.pop()
            process.send_signal(signal.SIGINT)
            assert process.wait(120) == 0

    yield start, stop
    stop()


def test_the_whole_road_lies_on_s3(project: Project, bucket: Bucket, served: Any) -> None:
    fused = project.run("fuse", "--json")
    assert (fused["version"], fused["platforms"]["shop"]["quarantined"]) == (1, {})
    assert fused["people_on_several"] > 30  # joined by the attributes that lie on S3
    trained = project.run("train", "--json")
    assert (trained["version"], trained["store_version"]) == ("v1", 1)
    report = project.run("evaluate", "--protocol", "loo-full", "--json", "-")
    assert report["protocol"] == "loo-full"
    answer = project.run("recommend", "--platform", "shop", "--account", "p0001", "--json")
    assert len(answer["items"]) == 10
    assert answer["items"][0]["title"]
    assert answer["events"] > 0

    start, stop = served
    with httpx.Client(base_url=start(), timeout=60) as http:
        user = {"platform": "shop", "id": "p0001"}
        before = http.post("/v1/recommend", json={"user": user, "k": 5}).json()
        assert before["fallback"] is None
        item = before["items"][0]["item_id"]
        event = {"type": "purchase", "user": user, "item_id": item, "event_id": EVENT}
        sent = http.post("/v1/events", json={"events": [event]}).json()
        assert (sent["accepted"], sent["rejected"]) == (1, [])
        after = http.post("/v1/recommend", json={"user": user, "k": 5}).json()
        assert item not in [entry["item_id"] for entry in after["items"]]
    stop()  # what was accepted is drained to the feedback log
    assert len(bucket.keys("plait/feedback/events/")) == 1

    again = project.run("fuse", "--json")
    assert (again["version"], again["events"]) == (2, fused["events"] + 1)
    events = project.store.read("events")
    given = events.filter(pl.col("event_id").str.starts_with("e_"))  # no id in its logs
    assert given["object_id"].to_list() == [item]
    nothing = project.run("fuse", "--json")
    assert (nothing["version"], nothing["run"]["mode"]) == (2, "none")

    kept = project.run("gc", "--keep", "1", "--older-than", "0s", "--json")
    assert kept["kept"] == [1, 2]  # the model in use was trained on the first
    assert len(
        project.run("recommend", "--platform", "shop", "--account", "p0001", "--json")["items"]
    )
    # Nothing of the store lies on this machine, nor did a folder named after its address appear.
    folder = project.file.parent
    assert {path.name for path in folder.iterdir()} <= {"plait.yaml", "state", "cache"}
