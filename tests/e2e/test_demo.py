"""`plait demo` as a user runs it: what it shows, what it leaves up, what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import polars as pl
import psutil
import pytest
import torch

import plait
from plait.config import load_config
from plait.contracts.event_types import EVENT_STRENGTHS
from plait.demo.endpoint_process import (
    EndpointFailed,
    EndpointProcess,
    free_port_near,
    interruptible,
)
from plait.demo.output_shape import normalize_output
from plait.features.sequences import SEQUENCE_COLUMNS, build_sequences
from plait.recommend.recommender import Recommender
from plait.store import Registry, Store

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "plait.cli.main", "demo"]


def _environment() -> dict[str, str]:
    unset = ("PLAIT_PSEUDONYM_KEY", "NO_COLOR", "FORCE_COLOR", "COLUMNS")
    here = {"PYTHONPATH": str(Path(plait.__file__).parent.parent)}  # a relative one leads astray
    return {k: v for k, v in os.environ.items() if k not in unset} | here


def _children_of(folder: Path) -> list[str]:
    """Returns the command lines of processes that work in `folder`."""
    lines = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(folder) in line and process.pid != os.getpid():
            lines.append(line)
    return lines


@dataclass(frozen=True)
class Ran:
    """A run of `plait demo --json`."""

    record: dict[str, Any]
    stderr: str
    folder: Path


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [*COMMAND, "--json"], cwd=folder, env=_environment(), capture_output=True, text=True,
        check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return Ran(json.loads(done.stdout), done.stderr, folder)


def test_it_makes_a_world_of_four_platforms(ran: Ran) -> None:
    world = ran.record["world"]
    assert world["people"] == 2000
    assert [p["platform"] for p in world["platforms"]] == ["shop", "video", "social", "news"]
    assert all(p["rows"] > 5_000 and p["items"] == 432 for p in world["platforms"])


def test_fuse_loses_nothing_and_joins_nobody_wrongly(ran: Ran) -> None:
    fused = ran.record["fuse"]
    rows_in = sum(p["rows"] for p in ran.record["world"]["platforms"])
    rows_out = fused["events"] + fused["duplicates"] + sum(fused["quarantined"].values())
    rows_out += fused["near_duplicates"] + fused["crawled"]
    assert fused["crawlers"] == {"planted": 3, "found": 3, "others": 0}
    assert rows_in == fused["rows"] == rows_out
    assert fused["duplicates"] > 300
    assert set(fused["quarantined"]) == {
        "null_account", "null_object", "bad_time", "future_time", "ancient_time", "unknown_type",
    }  # fmt: skip
    assert fused["linkage"]["precision"] == 1.0
    assert 0.6 < fused["linkage"]["recall"] < 0.85
    assert fused["several"] > 1_000


def test_the_model_beats_popularity_everywhere(ran: Ran) -> None:
    for platform in ran.record["evaluate"]["platforms"]:
        assert platform["targets"] > 200
        assert platform["low"] < platform["model"] < platform["high"]
        assert platform["low"] > 3 * platform["popularity"], platform


def test_other_platforms_are_worth_something_and_the_interval_says_so(ran: Ran) -> None:
    transfer = ran.record["evaluate"]["transfer"]
    assert transfer["targets"] > 1_000
    assert transfer["gain"] == pytest.approx(transfer["joint"] - transfer["alone"])
    assert 0 < transfer["low"] < transfer["gain"] < transfer["high"]


def test_one_event_changes_the_next_list(ran: Ran) -> None:
    event = ran.record["event"]
    before, after = (
        [item["item"] for item in event[when]["items"]] for when in ("before", "after")
    )
    assert len(before) == len(after) == 8
    assert before != after
    assert set(after) - set(before), "something new is on the list"
    assert all(item.startswith("shop:") for item in before + after)
    assert event["event"]["item"].startswith("video:")
    assert event["before"]["fallback"] is event["after"]["fallback"] is None
    assert event["before"]["person"] == event["after"]["person"]
    assert all(item["title"] != item["item"] for item in event["after"]["items"])


def test_a_link_turns_a_stranger_into_someone_known(ran: Ran) -> None:
    link = ran.record["link"]
    assert link["before"]["fallback"] == "unknown_person"
    assert link["after"]["fallback"] is None
    before, after = ({item["item"] for item in link[when]["items"]} for when in ("before", "after"))
    assert len(after - before) >= 4
    items = pl.read_parquet(ran.folder / ".plait/demo/truth/items.parquet")
    topic = items.filter(pl.col("tags").list.first() == link["topic"].lower().replace(" ", ""))
    wanted = set((topic["platform"] + ":" + topic["item"]).to_list())
    assert len(after & wanted) >= 4, "the list is about what the newcomer watched"
    assert len(before & wanted) <= 2


@dataclass(frozen=True)
class Learned:
    model: Recommender
    people: pl.DataFrame
    topic: dict[str, str]

    def some(self, count: int) -> pl.DataFrame:
        """Returns the histories of `count` people, spread over all."""
        return self.people.gather_every(len(self.people) // count).head(count)

    def after(self, people: pl.DataFrame, kind: str, items: list[str]) -> pl.DataFrame:
        """Returns the histories after each did `kind` to their item, as live state braids them."""
        lists = [name for name, dtype in people.schema.items() if isinstance(dtype, pl.List)]
        flat = people.explode(lists).select("person", *SEQUENCE_COLUMNS)
        now = pl.DataFrame(
            {
                "person": people["person"],
                "event_id": [f"now:{n}" for n in range(len(people))],
                "platform": [item.partition(":")[0] for item in items],
                "item": items,
                "type": kind,
                "time": datetime.now(UTC),
                "order": None,
                "strength": EVENT_STRENGTHS[kind],
            }
        )
        both = pl.concat([flat, now.select(pl.col(n).cast(t) for n, t in flat.schema.items())])
        braided = build_sequences(both, self.model.model.provenance.sequence_length)
        return people.select("person").join(braided, on="person", maintain_order="left")


@pytest.fixture(scope="module")
def learned(ran: Ran) -> Learned:
    """The trained model and its people, without the endpoint."""
    project = load_config(ran.folder / ".plait/demo/plait.yaml")
    people = Store(project.store_uri).read("sequences").sort("person")
    items = pl.read_parquet(ran.folder / ".plait/demo/truth/items.parquet")
    names = items["platform"] + ":" + items["item"]
    topics = dict(zip(names, items["tags"].list.first(), strict=True))
    return Learned(Recommender.load(project), people, topics)


@pytest.mark.parametrize("platform", ["shop", "video", "social", "news"])
def test_a_dislike_pushes_the_item_and_its_like_down_and_a_like_lifts_them(
    learned: Learned, platform: str
) -> None:
    people, model = learned.some(60), learned.model
    now = int(datetime.now(UTC).timestamp() * 1e6)
    own = model.model.vocabulary.platform_items(platform)
    names = model.model.vocabulary.item_ids(own).to_list()
    topics = np.array([learned.topic[name] for name in names])
    top = [found.items[0].item for found in model.recommend(people, platform, 1, now=now)]
    column = np.array([names.index(item) for item in top])
    person = np.arange(len(people))
    genre = topics == topics[column][:, None]
    genre[person, column] = False  # the item itself is told apart

    def change(kind: str) -> tuple[np.ndarray, np.ndarray]:
        after = learned.after(people, kind, top)
        was, then = (
            model.score(model.encode(rows), platform, now).total.numpy() for rows in (people, after)
        )
        return then, then - was

    then, less = change("dislike")
    assert (less[person, column] < 0).mean() >= 0.95
    assert (then.argmax(1) != column).all()
    assert ((less * genre).sum(1) / genre.sum(1) < 0).mean() >= 0.95
    assert less[genre].mean() < -0.3
    for item, found in zip(
        top,
        model.recommend(learned.after(people, "dislike", top), platform, 432, exclude_seen=False),
        strict=True,
    ):
        assert item not in {i.item for i in found.items}
    _, more = change("like")
    assert more[genre].mean() > 0.5
    assert ((more * genre).sum(1) / genre.sum(1) > 0).mean() > 0.8


def test_lists_are_those_of_now_and_not_of_the_last_event(learned: Learned) -> None:
    model, people = learned.model, learned.people
    history = model.encode(people)
    known = people.filter(pl.Series(history.lengths > 0))
    history = model.encode(known)
    last = history.time[history.offsets[1:] - 1]
    early = np.flatnonzero(last <= np.quantile(last, 0.25))
    now = int(datetime.now(UTC).timestamp() * 1e6)
    then = model.score(history.take(early), "news", last[early]).total
    present = model.score(history.take(early), "news", now).total
    asked = model.score(history.take(early), "news").total
    assert torch.equal(asked.topk(10).indices, present.topk(10).indices)
    overlap = [
        len(set(a.tolist()) & set(b.tolist())) / 10
        for a, b in zip(then.topk(10).indices, asked.topk(10).indices, strict=True)
    ]
    assert np.mean(overlap) < 0.97


def test_it_times_every_chapter(ran: Ran) -> None:
    seconds = [chapter["seconds"] for chapter in ran.record.values() if "seconds" in str(chapter)
               and isinstance(chapter, dict) and "seconds" in chapter]  # fmt: skip
    assert len(seconds) == 7
    assert sum(seconds) <= ran.record["try"]["total_seconds"]


def test_json_is_all_that_is_said(ran: Ran) -> None:
    assert "\x1b" not in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_project_stays_and_nothing_runs(ran: Ran) -> None:
    folder = ran.folder / ".plait/demo"
    assert (folder / "plait.yaml").is_file()
    store = Store(folder / ".plait")
    assert store.current().number == 1
    assert [v.version for v in Registry(store).describe("default")] == ["v1"]
    assert _children_of(ran.folder) == []


@dataclass(frozen=True)
class Kept:
    """A run of `plait demo --keep` that has told its last chapter."""

    process: subprocess.Popen[str]
    text: str
    folder: Path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("kept")
    process = subprocess.Popen(
        [*COMMAND, "--keep", "--people", "600", "--quiet"], cwd=folder, env=_environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    lines = []
    while line := process.stdout.readline():
        lines.append(line)
        if line.startswith(" All files are in"):
            break
    else:
        pytest.fail(f"the demo ended: {process.stderr.read()[-3000:]}")  # type: ignore[union-attr]
    yield Kept(process, "".join(lines), folder)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(120)


def test_text_is_plain_where_there_is_no_terminal(kept: Kept) -> None:
    assert "\x1b" not in kept.text
    assert all(len(line) <= 100 and line == line.rstrip() for line in kept.text.splitlines())


def test_it_has_the_shape_that_the_readme_shows(kept: Kept, repository: Path) -> None:
    readme = (repository / "README.md").read_text()
    block = re.search(r"<!-- demo -->\s*```\w*\n(.*?)```\s*<!-- /demo -->", readme, re.DOTALL)
    assert block, "README.md shows what the demo prints, between its demo marks"
    # Whether the endpoint stays up is the one line in which the two runs differ.
    shown = [
        line for line in normalize_output(block[1]).splitlines() if "endpoint " not in line[:14]
    ]
    said = iter(normalize_output(kept.text).splitlines())
    assert len(shown) > 10
    for line in shown:
        assert any(line == other for other in said), f"'{line}' is not said, or not there"


def test_the_three_commands_work_as_printed(kept: Kept) -> None:
    script = kept.text[kept.text.index(" curl -s ") :].split("\n\n")[0]
    commands = [f" curl {part}" for part in script.split(" curl ")[1:]]
    assert len(commands) == 3
    replies = [
        json.loads(subprocess.run(["bash", "-c", c], capture_output=True, check=True).stdout)
        for c in commands
    ]
    assert len(replies[0]["items"]) == 5
    assert replies[1]["rejected"] == []
    assert replies[2]["person_id"].startswith("p_")


def test_ctrl_c_ends_everything(kept: Kept) -> None:
    url = re.search(r"endpoint +(http://\S+)", kept.text)
    assert url
    assert httpx.get(f"{url[1]}/health/ready").status_code == 200
    kept.process.send_signal(signal.SIGINT)
    assert kept.process.wait(120) == 130
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{url[1]}/health/ready", timeout=2)
    deadline = time.monotonic() + 20
    while (left := _children_of(kept.folder)) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert left == []
    assert kept.process.stderr
    assert "Traceback" not in kept.process.stderr.read()


def test_an_endpoint_that_cannot_start_says_why(tmp_path: Path) -> None:
    endpoint = EndpointProcess(tmp_path / "plait.yaml", free_port_near(8000), tmp_path / "log")
    with pytest.raises(EndpointFailed, match="ended before it was ready: ConfigError"), endpoint:
        pass


def test_a_request_to_terminate_is_heard() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    done = subprocess.run(
        [*COMMAND, "--folder", str(tmp_path)], env=_environment(), capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "FolderTaken" in done.stderr
    assert (tmp_path / "thesis.txt").exists()
