"""The whole road by `plait submit`: raw logs in a bucket to an answer that an event changes."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.s3 import Bucket

from .document import Document
from .kubectl import get
from .parity import assert_as_local
from .served import Served
from .steps import Steps


def test_fuse(
    platform: Document, desk: Path, shell: dict[str, str], storage: Bucket, steps: Steps
) -> None:
    platform.run("Before the first job", desk, shell)
    with steps.step("plait submit fuse (driver, 1 executor)"):
        platform.run("Fuse", desk, shell)
    assert get("sparkapplications", "-n", "plait")["items"][0]["status"]["applicationState"][
        "state"
    ] == "COMPLETED"  # fmt: skip


def test_the_tables_are_those_of_the_local_engine(
    logs: Path,
    storage: Bucket,
    shell: dict[str, str],
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert_as_local(desk, logs, storage, shell, monkeypatch)


def test_train(platform: Document, desk: Path, shell: dict[str, str], steps: Steps) -> None:
    with steps.step("plait submit train (2 workers), and its repeat"):
        platform.run("Train", desk, shell)
    runs = [
        run for run in get("rayjobs", "-n", "plait")["items"]
        if run["metadata"]["labels"]["plait/verb"] == "train"
    ]  # fmt: skip
    assert [run["status"]["jobStatus"] for run in runs] == ["SUCCEEDED"]


def test_evaluate_and_recommend(
    platform: Document, desk: Path, shell: dict[str, str], storage: Bucket, steps: Steps
) -> None:
    with steps.step("plait submit evaluate and recommend, side by side"):
        platform.run("Evaluate, and write everyone's lists", desk, shell)
    verbs = [
        run["metadata"]["labels"]["plait/verb"] for run in get("rayjobs", "-n", "plait")["items"]
    ]
    assert sorted(verbs) == ["evaluate", "recommend", "train"]
    lists = pl.concat(pl.read_parquet(storage.get(key)) for key in storage.keys("lists/"))
    assert set(lists["platform"]) == {"shop", "video"}
    assert lists.group_by("person", "platform").len()["len"].max() == 20
    assert lists["person"].n_unique() > 100


def test_an_event_changes_the_next_answer(
    platform: Document, desk: Path, shell: dict[str, str], steps: Steps
) -> None:
    with steps.step("ask, send an event, ask again"):
        printed = platform.run("Ask", desk, shell)
    answers = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    before, taken, after = (answer for answer in answers if "status" not in answer)
    assert taken["accepted"] == 1
    assert before["items"] != after["items"]
    assert "shop:i5" not in [item["item_id"] for item in after["items"]]


def test_follow(platform: Document, desk: Path, shell: dict[str, str]) -> None:
    printed = platform.run("Follow", desk, shell)
    assert "first-model" in printed
    platform.run("In your own pipeline", desk, shell)
    assert json.loads((desk / "train.json").read_text())


def test_it_answers_through_the_service() -> None:
    served = Served()
    served.wait_until_ready()
    assert len(served.recommend("u7", k=3)["items"]) == 3
