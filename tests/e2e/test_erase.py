"""A person is erased over HTTP: from the next answer, and in the end from every byte."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from plait.config import Project, load_config
from plait.fusion.fuse_logs import fuse
from plait.live.drain import Drainer
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.serving.replica import open_replica
from plait.sources.files.find_files import find_files
from plait.sources.read_platform import read_events
from plait.store import Store
from plait.store.erasures.update_receipts import update_receipts
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.garbage import find_garbage, remove_garbage
from plait.world.build_world import build_world
from plait.world.write_world import write_world
from tests.local_handler import LocalHandler, talk

pytestmark = pytest.mark.slow
TWO = {"platform": "video", "id": "the-other-me"}


def ask(handler: LocalHandler, method: str, path: str, body: Any = None) -> httpx.Response:
    reply: httpx.Response = talk(handler, lambda client: client.request(method, path, json=body))
    return reply


def person_of(handler: LocalHandler, user: dict[str, str]) -> Any:
    reply = ask(handler, "POST", "/v1/recommend", {"user": user, "k": 3})
    assert reply.status_code == 200, reply.text
    return reply.json()["person"]


def buyers(project: Project) -> list[str]:
    """Returns the raw ids of two accounts of the shop."""
    log = project.platforms["shop"].events[0]
    files = find_files(project, log.files, None, "shop")
    raw = pl.concat([rows["account"] for file in files for rows in read_events(file, log)])
    return raw.drop_nulls().filter(raw.drop_nulls() != "").unique().sort()[:2].to_list()


def contents(folder: Path, besides: Path) -> Iterator[tuple[str, bytes]]:
    """Yields the bytes of every file; of a Parquet file, its values too, as it is compressed."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_relative_to(besides):
            yield str(file), file.read_bytes()
            if file.suffix == ".parquet":
                yield f"{file} (rows)", pl.read_parquet(file).write_ndjson().encode()


def values_of(state: ValkeyLiveState) -> Iterator[tuple[str, bytes]]:
    """Yields all that Valkey answers, by key."""
    readers: dict[bytes, Any] = {
        b"string": state.client.get,
        b"hash": state.client.hgetall,
        b"set": state.client.smembers,
        b"zset": lambda key: state.client.zrange(key, 0, -1),
        b"list": lambda key: state.client.lrange(key, 0, -1),
        b"stream": state.client.xrange,
    }
    keys: Any = state.client.keys()
    for key in keys:
        yield key.decode(), repr((key, readers[state.client.type(key)](key))).encode()  # type: ignore[index]


def places(found: Iterator[tuple[str, bytes]], secret: dict[str, bytes]) -> set[tuple[str, str]]:
    return {(name, what) for name, body in found for what, text in secret.items() if text in body}


def test_an_erased_person_is_in_no_byte_of_the_store_and_of_valkey(
    tmp_path: Path, valkey: EmbeddedValkey, add_version: Callable[[Store, str], None]
) -> None:
    file = write_world(build_world(40, 3, end=datetime(2026, 11, 1, tzinfo=UTC)), tmp_path / "w")
    project = load_config(file)
    store, key = Store(project.store_uri), load_key(project)
    one, other = ({"platform": "shop", "id": raw} for raw in buyers(project))
    fuse(project)
    add_version(store, "none")
    handler = LocalHandler(open_replica(file, valkey.address))
    handler.setup.current.refresh()
    state = handler.setup.current._state
    assert isinstance(state, ValkeyLiveState)
    drainer = Drainer(state, FeedbackLog(store), "test")

    joined = ask(handler, "POST", "/v1/identities:link", {"accounts": [one, TWO]}).json()
    sent = [
        {"type": "purchase", "item_id": "shop:i10", "user": one, "event_id": "e-1"},
        {"type": "view", "item_id": "video:i3", "user": TWO},
        {"type": "view", "item_id": "shop:i4", "user": other},
    ]
    assert ask(handler, "POST", "/v1/events", {"events": sent}).json()["accepted"] == 3
    person_of(handler, one)
    assert handler.setup.impressions is not None
    handler.setup.impressions.flush()
    assert drainer.drain() == 4
    linked = fuse(project)  # it holds both accounts as one person
    handler.setup.current.refresh()
    more = [{"type": "like", "item_id": "shop:i11", "user": one}]
    assert ask(handler, "POST", "/v1/events", {"events": more}).json()["accepted"] == 1
    before = person_of(handler, one)
    assert before == person_of(handler, TWO) | {"platforms": before["platforms"]}
    assert (before["person_id"], before["state"]) == (joined["person_id"], "warm")
    secret = {
        "raw id": TWO["id"].encode(),
        "account one": account_pseudonym(pl.Series([one["id"]]), key, "shop")[0][-32:].encode(),
        "account two": account_pseudonym(pl.Series([TWO["id"]]), key, "video")[0][-32:].encode(),
        "person": before["person_id"][2:].encode(),
    }
    handler.setup.impressions.flush()
    assert {what for _, what in places(contents(Path(store.uri), valkey.folder), secret)} >= {
        "account one", "account two", "person"
    }  # fmt: skip

    known = ask(handler, "GET", f"/v1/persons/{before['person_id']}").json()
    secret |= {own["account"]: own["account"][-32:].encode() for own in known["accounts"]}
    assert len(known["accounts"]) >= 2
    assert {secret["account one"], secret["account two"]} < set(secret.values())
    exported = ask(handler, "GET", f"/v1/persons/{before['person_id']}/export")
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    lines = pl.read_ndjson(exported.content, infer_schema_length=None)
    assert set(lines["kind"]) >= {"person", "account", "event", "recent_event", "impression"}
    assert lines.filter(kind="event").height == known["events"]
    assert sum(known["events_by_type"].values()) == known["events"]

    reply = ask(handler, "DELETE", f"/v1/persons/{before['person_id']}")
    assert reply.status_code == 202, reply.text
    receipt = reply.json()
    assert (receipt["accounts"], receipt["done"]) == (len(known["accounts"]), False)
    for user in (one, TWO):
        now = person_of(handler, user)
        assert (now["state"], now["person_id"] != before["person_id"]) == ("new", True)
    assert ask(handler, "GET", f"/v1/persons/{before['person_id']}").status_code == 404
    again = ask(handler, "DELETE", f"/v1/persons/{before['person_id']}").json()
    assert again["id"] == receipt["id"]
    late = [{"type": "view", "item_id": "shop:i9", "user": one,
             "time": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}]  # fmt: skip
    assert ask(handler, "POST", "/v1/events", {"events": late}).json()["accepted"] == 0
    assert person_of(handler, other)["state"] == "warm"

    drainer.drain()
    handler.setup.impressions._shown.clear()  # they name the strangers who asked above
    version = fuse(project)
    assert version.run["mode"] == "incremental"
    assert version.counts["events"] < linked.counts["events"]
    assert sum(p["removed"].get("erased", 0) for p in version.counts["platforms"].values()) > 0
    assert ask(handler, "GET", f"/v1/erasures/{receipt['id']}").json()["places"]["tables"] == {
        "state": "done", "at": update_receipts(store)[0].places["tables"].at,
        "what": f"store version {version.number}",
    }  # fmt: skip
    remove_garbage(store, find_garbage(store, 1, erased=True))
    assert store.numbers() == [version.number]
    handler.setup.current.refresh()
    (done,) = update_receipts(store)
    assert {name for name, place in done.places.items() if place.state == "pending"} == {"models"}
    assert "plait train replaces" in done.places["models"].what

    until = time.monotonic() + 10
    while state.client.info("persistence")["aof_rewrite_in_progress"]:  # type: ignore[index]
        assert time.monotonic() < until
        time.sleep(0.05)
    logs = project.path("plait.yaml").parent
    assert not places(contents(Path(store.uri), valkey.folder), secret), logs
    assert not places(contents(valkey.folder, Path("/nowhere")), secret)
    assert not places(values_of(state), secret)
    assert fuse(project, full=True).counts["events"] == version.counts["events"]
