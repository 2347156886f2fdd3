"""What was shown reaches the feedback log, or is counted as dropped."""

from __future__ import annotations

import asyncio
import shutil
import threading
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
import yaml
from polars.exceptions import PanicException

import plait.serving.impressions
from plait.contracts.event_rows import FEEDBACK_IMPRESSIONS
from plait.errors import StoreError
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.serving.impressions import ImpressionWriter, ShownList
from plait.serving.replica import ReplicaParts, open_replica
from plait.serving.routes import build_app
from plait.serving.service import EndpointService
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.feedback.log_listing import list_log, read_slice
from plait.store.feedback.log_paths import IMPRESSIONS_FOLDER
from tests.local_handler import LocalHandler


def shown(name: str, items: int = 2) -> ShownList:
    listed: list[dict[str, object]] = [
        {"item_id": f"shop:{n}", "platform": "shop", "position": n, "score": 1 / n, "title": None}
        for n in range(1, items + 1)
    ]
    return ShownList(name, 1_700_000_000_000_000, "a", "shop", "p", "current", "m", "v1", listed)


def written(store: Store) -> pl.DataFrame:
    pieces = list_log(store, IMPRESSIONS_FOLDER).slices()
    rows = [rows for piece in pieces for rows in read_slice(store, piece)]
    return pl.concat(
        [pl.DataFrame(schema=FEEDBACK_IMPRESSIONS), *(r.drop("log_object") for r in rows)]
    )


def answers(store: Store) -> set[str]:
    return set(written(store)["recommendation_id"])


def block(store: Store) -> Path:
    """Puts a file where the folder of impressions should be: nothing can be written there."""
    place = store.path(IMPRESSIONS_FOLDER) or pytest.fail()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("")
    return place


def test_a_list_becomes_a_row_a_position(store: Store) -> None:
    writer = ImpressionWriter(FeedbackLog(store))
    unknown: dict[str, object] = {"item_id": "shop:x", "platform": "shop", "position": 3,
                                  "score": None, "terms": {"a": 1.0}, "known": False}  # fmt: skip
    one = shown("r1")
    writer.add([one._replace(items=[*one.items, unknown]), shown("r2", items=1)])
    assert writer.flush() == 4
    found = written(store)
    assert found.schema == pl.Schema(FEEDBACK_IMPRESSIONS)
    assert found.select("recommendation_id", "position", "item_id", "score").rows() == [
        ("r1", 1, "shop:1", 1.0), ("r1", 2, "shop:2", 0.5), ("r1", 3, "shop:x", None),
        ("r2", 1, "shop:1", 1.0),
    ]  # fmt: skip
    assert set(found["propensity"]) == {1.0}
    assert found["time"].dt.epoch("us").unique().to_list() == [1_700_000_000_000_000]
    assert writer.flush() == 0
    assert written(store).height == 4


def test_a_store_that_cannot_be_written_gets_all_of_it_later(store: Store) -> None:
    place = block(store)
    writer = ImpressionWriter(FeedbackLog(store))
    for name in ("r1", "r2"):
        writer.add([shown(name)])
        with pytest.raises(StoreError):
            writer.flush()
    place.unlink()
    writer.add([shown("r3")])
    assert writer.flush() == 6
    assert answers(store) == {"r1", "r2", "r3"}
    assert writer.dropped == 0


def test_of_more_than_can_wait_the_oldest_go_and_are_counted(store: Store) -> None:
    writer = ImpressionWriter(FeedbackLog(store), kept_rows=5)
    writer.add([shown(f"r{n}") for n in range(4)])
    assert writer.dropped == 4
    writer.flush()
    assert answers(store) == {"r2", "r3"}
    shutil.rmtree(store.path(IMPRESSIONS_FOLDER) or pytest.fail())
    place = block(store)
    for n in range(4, 8):  # they wait as tables now
        writer.add([shown(f"r{n}")])
        with pytest.raises(StoreError):
            writer.flush()
    assert writer.dropped == 8
    place.unlink()
    writer.flush()
    assert answers(store) == {"r6", "r7"}


def test_what_is_left_is_written_at_the_end(store: Store) -> None:
    writer, said, stop = ImpressionWriter(FeedbackLog(store)), list[str](), threading.Event()
    writer.add([shown("r1")])
    stop.set()
    writer.run(stop, said.append)
    assert answers(store) == {"r1"}
    assert not said


def test_what_is_lost_at_the_end_is_told(store: Store) -> None:
    block(store)
    writer, said, stop = ImpressionWriter(FeedbackLog(store)), list[str](), threading.Event()
    writer.add([shown("r1"), shown("r2")])
    stop.set()
    writer.run(stop, said.append)
    (line,) = said
    assert line.startswith("4 impressions are lost: ")


def test_lists_become_rows_in_their_order_however_many(store: Store) -> None:
    writer = ImpressionWriter(FeedbackLog(store))
    sizes = [1 + n % 3 for n in range(250)]
    writer.add([shown(f"r{n}", items=size) for n, size in enumerate(sizes)])
    assert writer.flush() == sum(sizes)
    expected = [(f"r{n}", i) for n, size in enumerate(sizes) for i in range(1, size + 1)]
    assert written(store).select("recommendation_id", "position").rows() == expected


class PanicsOnce(FeedbackLog):
    panicked = False

    def write_impressions(self, rows: pl.DataFrame, name: str) -> None:
        if not self.panicked:
            self.panicked = True
            raise PanicException("an index out of bounds")
        super().write_impressions(rows, name)


def test_a_panic_of_polars_is_a_fault_like_any_other(store: Store) -> None:
    writer, said, stop = ImpressionWriter(PanicsOnce(store)), list[str](), threading.Event()
    writer.add([shown("r1")])
    stop.set()
    writer.run(stop, said.append)
    assert said == ["2 impressions are lost: an index out of bounds"]
    assert writer.flush() == 2


class SlowCompaction(FeedbackLog):
    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.began, self.go_on = threading.Event(), threading.Event()

    def compact(self) -> int:
        self.began.set()
        self.go_on.wait(30)
        raise OSError("the disk is gone")


def test_what_is_left_is_written_while_a_compaction_runs(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"FLUSH_S": 0.0, "_POLL_S": 0.01, "COMPACT_AFTER": 1}.items():
        monkeypatch.setattr(plait.serving.impressions, name, value)
    log, stop, said = SlowCompaction(store), threading.Event(), list[str]()
    told = threading.Event()

    def report(line: str) -> None:
        said.append(line)
        told.set()

    writer = ImpressionWriter(log)
    writer.add([shown("r1")])
    thread = threading.Thread(target=writer.run, args=(stop, report), daemon=True)
    thread.start()
    assert log.began.wait(30)
    writer.add([shown("r2")])
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert answers(store) == {"r1", "r2"}
    log.go_on.set()
    assert told.wait(30)
    assert said == ["impressions are not compacted: the disk is gone"]


@pytest.fixture
def with_impressions(setup: ReplicaParts, store: Store) -> ReplicaParts:
    """The replica of `setup`, whose impressions go to an empty store."""
    state, key = setup.service._state, load_key(setup.project)
    writer = ImpressionWriter(FeedbackLog(store))
    service = EndpointService(
        setup.project, key, state, setup.feedback, setup.current, impressions=writer
    )
    return ReplicaParts(
        setup.project, setup.address, setup.current, service, setup.feedback, None, writer
    )


def _post(setup: ReplicaParts, path: str, body: Any) -> Any:
    async def run() -> httpx.Response:
        way = httpx.ASGITransport(build_app(lambda: LocalHandler(setup)))
        async with httpx.AsyncClient(transport=way, base_url="http://plait") as client:
            return await client.post(path, json=body)

    reply = asyncio.run(run())
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_every_answer_is_written_as_it_was_sent(
    with_impressions: ReplicaParts, store: Store
) -> None:
    me = {"platform": "shop", "id": "u0"}
    calls = [
        ("/v1/recommend", {"user": me, "k": 6, "explain": True}),
        ("/v1/rank", {"user": me, "items": ["shop:i3", "no:1"]}),
        ("/v1/recommend", {"user": {"person_id": "p_1"}, "k": 2}),
        ("/v1/recommend", {"user": me, "platforms": ["shop"],
                           "exclude": [f"shop:i{n}" for n in range(40)]}),
    ]  # fmt: skip
    replies = [_post(with_impressions, *call) for call in calls]
    assert not replies[-1]["items"]
    assert with_impressions.impressions
    with_impressions.impressions.flush()
    found = written(store)
    own = account_pseudonym(pl.Series(["u0"]), load_key(with_impressions.project), "shop")[0]
    for reply, account in zip(replies, (own, own, None, own), strict=True):
        rows = found.filter(recommendation_id=reply["recommendation_id"]).sort("position")
        assert rows["item_id"].to_list() == [item["item_id"] for item in reply["items"]]
        assert rows["position"].to_list() == [item["position"] for item in reply["items"]]
        assert rows["score"].to_list() == pytest.approx([i["score"] for i in reply["items"]])
        if rows.height:
            told = rows.select("account", "platform_of_account", "person", "variant", "model",
                               "model_version").unique().row(0)  # fmt: skip
            assert told == (account, account and "shop", reply["person"]["person_id"], "current",
                            reply["model"]["name"], reply["model"]["version"])  # fmt: skip
    assert found["recommendation_id"].n_unique() == 3


@pytest.mark.parametrize("written", [True, False])
def test_the_project_file_turns_them_off(small: Any, tmp_path: Path, written: bool) -> None:
    settings = small.project.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    place = {"store": str(small.store.uri), "serve": {"impressions": written}}
    file = tmp_path / "plait.yaml"
    file.write_text(yaml.safe_dump(settings | place))
    parts = open_replica(file, "redis://127.0.0.1:1")
    assert (parts.impressions is not None) == written


def test_an_endpoint_that_writes_none_answers_all_the_same(
    setup: ReplicaParts,
) -> None:
    assert setup.impressions is None
    reply = _post(setup, "/v1/recommend", {"user": {"platform": "shop", "id": "u0"}})
    assert reply["recommendation_id"].startswith("r_")
    assert not list_log(Store(setup.project.store_uri), IMPRESSIONS_FOLDER).paths
