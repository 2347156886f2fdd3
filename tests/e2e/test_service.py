"""The app and a real Valkey in this process: against fuse, and with parts of it down."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from plait.config import load_config
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.serving.json_logs import record_fields
from plait.serving.replica import connect, open_replica
from plait.store import Registry, Store
from tests.local_handler import LocalHandler, post, talk

pytestmark = pytest.mark.slow


@pytest.fixture
def handler(own_file: Path, valkey: EmbeddedValkey) -> LocalHandler:
    setup = open_replica(own_file, valkey.address)
    setup.current.refresh()
    return LocalHandler(setup)


EVENT = {"type": "purchase", "item_id": "shop:i10"}
ME = {"platform": "shop", "id": "somebody"}


@pytest.mark.parametrize(
    "against",
    [{"type": "dislike"}, {"type": "unfollow"}, {"type": "rate", "rating": 1}],
    ids=["dislike", "unfollow", "low rating"],
)
def test_what_was_turned_against_is_never_listed_until_it_is_liked(
    handler: LocalHandler, against: dict[str, Any]
) -> None:
    def recommend(**more: Any) -> dict[str, dict[str, Any]]:
        body = {"user": ME, "platforms": ["shop"], "k": 40, "seen": "allow", "explain": True}
        items = post(handler, "/v1/recommend", body | more).json()["items"]
        return {item["item_id"]: item for item in items}

    def send(event: dict[str, Any]) -> None:
        assert (
            post(handler, "/v1/events", {"events": [{**event, "user": ME}]}).json()["accepted"] == 1
        )

    send(EVENT)
    before = recommend()
    item = next(iter(before))
    assert item not in recommend(events=[{"item_id": item, **against}])
    assert list(recommend()) == list(before)
    send({"item_id": item, **against})
    after = recommend()
    assert set(after) == set(before) - {item}
    assert all(after[i]["score"] <= before[i]["score"] + 1e-4 for i in after)
    assert all(found["terms"]["dislike"] <= 0 for found in after.values())
    ranked = post(handler, "/v1/rank", {"user": ME, "items": list(before)}).json()["items"]
    assert ranked[-1]["item_id"] == item
    send({"item_id": item, "type": "view"})
    assert item not in recommend()
    send({"item_id": item, "type": "like"})
    assert item in recommend()


def test_without_valkey_answers_come_from_the_call_and_events_go_to_the_store(
    handler: LocalHandler, valkey: EmbeddedValkey, own_file: Path
) -> None:
    valkey.stop()
    popular = post(handler, "/v1/recommend", {"user": ME, "platforms": ["shop"]}).json()
    assert popular["fallback"] == "state_unavailable"
    assert len(popular["items"]) == 10
    own = post(
        handler, "/v1/recommend", {"user": ME, "platforms": ["shop"], "events": [EVENT]}
    ).json()
    assert own["fallback"] == "state_unavailable"
    assert own["items"] != popular["items"]
    taken = post(handler, "/v1/events", {"events": [{**EVENT, "user": ME}] * 2}).json()
    assert taken["accepted"] == 2
    folder = load_config(own_file).store_path / "feedback" / "events"
    assert len(list(folder.glob("direct_*.parquet"))) == 1
    link = {"accounts": [ME, {"platform": "video", "id": "x"}]}
    for word in ("link", "unlink"):
        reply = post(handler, f"/v1/identities:{word}", link)
        assert reply.status_code == 503
        assert reply.headers["retry-after"]


def test_a_valkey_that_comes_back_empty_is_filled_again_and_answers_say_so_meanwhile(
    handler: LocalHandler, own_file: Path
) -> None:
    project = load_config(own_file)
    raw = {"platform": "shop", "id": "u3"}

    def answer() -> tuple[Any, Any, str]:
        said = post(handler, "/v1/recommend", {"user": raw, "platforms": ["shop"]}).json()

        async def work(client: httpx.AsyncClient) -> httpx.Response:
            return await client.get("/health/ready")

        return said["fallback"], said["person"]["state"], talk(handler, work).json()["live_state"]

    state = connect(project, handler.setup.address)
    assert answer() == (None, "warm", "ok")
    state.client.flushall()
    assert answer()[:2] == ("state_loading", "new")
    handler.setup.current.refresh()
    assert answer() == (None, "warm", "ok")
    # A part of it is gone, and another replica loads it at this moment.
    state.client.delete(f"{state.prefix}b{state.base_status().base}:s")
    state.client.set(state.keys[1] + ":loading", "another", px=60_000)
    handler.setup.current.refresh()
    assert answer() == ("state_loading", "new", "loading")
    state.client.delete(state.keys[1] + ":loading")
    handler.setup.current.refresh()
    assert answer() == (None, "warm", "ok")


def test_without_valkey_and_store_an_event_is_not_accepted(
    handler: LocalHandler, valkey: EmbeddedValkey, own_file: Path
) -> None:
    valkey.stop()
    folder = load_config(own_file).store_path / "feedback"
    events = folder / "events"
    aside = folder.with_name("feedback-aside")
    folder.mkdir(exist_ok=True)
    folder.rename(aside)
    folder.write_text("a file where the folder should be")
    try:
        sent = {"events": [{**EVENT, "user": ME}]}
        reply = post(handler, "/v1/events", sent)
        assert (reply.status_code, reply.json()["status"]) == (503, 503)
        again = post(handler, "/v1/recommend", {"user": ME, "events": [EVENT], "record": True})
        assert again.status_code == 503
        # What cannot be an event at all is still said to be none.
        mixed = post(handler, "/v1/events", {"events": [{"type": "view"}]})
        assert mixed.json()["rejected"][0]["field"] == "user"
        # And so is one that only a check finds out: there is nothing to send again.
        bad = {**EVENT, "user": ME, "time": "1066-10-14"}
        refused = post(handler, "/v1/events", {"events": [bad]})
        assert (refused.status_code, refused.json()["rejected"][0]["field"]) == (200, "time")
    finally:
        folder.unlink()
        aside.rename(folder)
    assert events.parent == folder


def test_the_key_opens_everything_but_probes_and_docs_which_are_open(handler: LocalHandler) -> None:
    async def work(client: httpx.AsyncClient) -> list[int]:
        tries: list[tuple[str, dict[str, str | bytes]]] = [
            ("/v1/recommend/shop/u1", {}),
            ("/v1/recommend/shop/u1", {"X-API-Key": "wrong"}),
            ("/v1/recommend/shop/u1", {"X-API-Key": "secret"}),
            ("/v1/recommend/shop/u1", {"Authorization": "Bearer secret"}),
            ("/v1/recommend/shop/u1", {"Authorization": b"Bearer secret\xe9"}),
            ("/health/ready", {}),
            ("/docs", {}),
            ("/openapi.json", {}),
        ]
        return [(await client.get(path, headers=h)).status_code for path, h in tries]

    assert talk(handler, work, key="secret") == [401, 401, 200, 200, 401, 200, 200, 200]


def test_an_unforeseen_fault_is_a_problem_with_an_id_that_the_log_has(
    handler: LocalHandler, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        msg = "a secret detail"
        raise RuntimeError(msg)

    monkeypatch.setattr(handler.setup.service.accounts, "link", fail)
    reply = post(
        handler, "/v1/identities:link", {"accounts": [ME, {"platform": "video", "id": "x"}]}
    )
    assert reply.status_code == 500
    assert "secret" not in reply.text
    fault = next(word for word in reply.json()["detail"].split() if word.startswith("f_"))
    (line,) = [record_fields(r) for r in caplog.records if r.levelname == "ERROR"]
    assert line["fault_id"] == fault.rstrip(";")
    assert str(line["error"]).startswith("RuntimeError")


def test_before_a_model_is_trained_the_endpoint_says_so(
    tmp_path: Path, valkey: EmbeddedValkey
) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text(
        "store: empty\nplatforms:\n  shop:\n    events:\n      files: x.csv\n"
        "      columns: {account: a, item: i, time: t}\n      type: view\n"
    )
    setup = open_replica(file, valkey.address)
    with pytest.raises(Exception, match="plait train"):
        setup.current.refresh()

    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        return [
            await client.get(p) for p in ("/health/live", "/health/ready", "/v1/recommend/shop/u")
        ]

    live, ready, asked = talk(LocalHandler(setup), work)
    assert [live.status_code, ready.status_code, asked.status_code] == [200, 503, 503]
    assert "plait train" in ready.json()["detail"]


def test_the_environment_pins_a_version_and_names_another_model(
    own_file: Path, valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = load_config(own_file)
    registry = Registry(Store(project.store_uri))
    folder = shutil.copytree(registry.fetch(project.model)[1], tmp_path / "version")
    (folder / "manifest.json").unlink()
    newest = registry.publish(project.model, folder)
    registry.publish("other", folder)

    def answers_with() -> tuple[str, str]:
        setup = open_replica(own_file, valkey.address)
        setup.current.refresh()
        assert setup.current.model
        return setup.current.model.name, setup.current.model.version

    assert answers_with() == (project.model, "v1")
    monkeypatch.setenv("PLAIT_MODEL_VERSION", newest)
    assert answers_with() == (project.model, newest)
    monkeypatch.setenv("PLAIT_MODEL_VERSION", "")
    monkeypatch.setenv("PLAIT_MODEL", "other")
    assert answers_with() == ("other", "v1")
