"""The app and a real Valkey in this process: against fuse, and with parts of it down."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from plait.clean.rules import EventRules
from plait.clean.times import parse_times
from plait.config import Project, load_config
from plait.contracts.http import (
    EventsResponse,
    LinkRequest,
    LinkResponse,
    UnlinkRequest,
    UnlinkResponse,
)
from plait.fusion.run import fuse
from plait.live import Who
from plait.live.base import load_base
from plait.live.history import sequences
from plait.live.valkey import EmbeddedValkey
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.serving.api import build
from plait.serving.intake import Batch
from plait.serving.keys import ApiKeys
from plait.serving.service import Answer, Call
from plait.serving.setup import Setup, connect, opened
from plait.sources.events import read_events
from plait.sources.files import find_files
from plait.store import Registry, Store
from plait.world.build import build_world
from plait.world.write import write_world
from tests.events import event_ids

pytestmark = pytest.mark.slow


class Desk:
    """The service without Ray: every call is a batch of one."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    async def answer(self, call: Call) -> Answer:
        return self._one(self.setup.service.answer([call]))

    async def take(self, batch: Batch) -> EventsResponse:
        return self._one(self.setup.service.take([batch]))

    async def link(self, message: LinkRequest) -> LinkResponse:
        return self.setup.service.link(message)

    async def unlink(self, message: UnlinkRequest) -> UnlinkResponse:
        return self.setup.service.unlink(message)

    def not_ready(self) -> str:
        return "" if self.setup.current.model else self.setup.current.reason

    def live_state(self) -> str:
        return "loading" if self.setup.current.base_missing else "ok"

    def _one(self, results: list[Any]) -> Any:
        (result,) = results
        if isinstance(result, Exception):
            raise result
        return result


def talk(desk: Desk, work: Callable[[httpx.AsyncClient], Awaitable[Any]], key: str = "") -> Any:
    async def run() -> Any:
        app = httpx.ASGITransport(build(lambda: desk, ApiKeys(key)))
        async with httpx.AsyncClient(transport=app, base_url="http://plait") as client:
            return await work(client)

    return asyncio.run(run())


def post(desk: Desk, path: str, body: Any) -> httpx.Response:
    async def work(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post(path, json=body)

    reply: httpx.Response = talk(desk, work)
    return reply


def raw_events(project: Project) -> pl.DataFrame:
    """Returns every row of every log as an application would post it."""
    parts = []
    for name, platform in project.platforms.items():
        rules = EventRules.of(name, platform.events)
        for file in find_files(project, platform.events.files, None, name):
            for raw in read_events(file, platform.events):
                times = parse_times(raw["time"], rules.unit).dt.to_string("iso:strict")
                parts.append(
                    raw.with_columns(
                        pl.lit(name).alias("platform"),
                        pl.col("type").replace(dict(rules.types)),
                        times.fill_null(raw["time"]).alias("time"),
                    ).drop("fault")
                )
    return pl.concat(parts)


def as_posted(row: dict[str, Any]) -> dict[str, Any]:
    numbers = {"value": "value", "dwell": "dwell_s", "rating": "rating"}
    event = {
        "user": {"platform": row["platform"], "id": row["account"]},
        "item_id": row["item"] and f"{row['platform']}:{row['item']}",
        **{n: row[n] for n in ("type", "event_id", "time", "topic", "creator", "query",
                               "currency", "session")},
        **{to: float(row[n]) for n, to in numbers.items() if row[n] is not None},
    }  # fmt: skip
    return {name: value for name, value in event.items() if value is not None}


def test_a_log_posted_shuffled_and_repeated_makes_what_fuse_makes(
    tmp_path: Path, valkey: EmbeddedValkey
) -> None:
    file = write_world(build_world(60, 3, end=datetime(2026, 11, 1, tzinfo=UTC)), tmp_path / "w")
    project = load_config(file)
    version = fuse(project)
    store = Store(project.store_path)
    desk = Desk(opened(file, valkey.address))  # no base is loaded: all comes over HTTP
    raw = raw_events(project)
    posted = [as_posted(row) for row in raw.iter_rows(named=True)]
    posted += posted[::7]
    random.Random(0).shuffle(posted)
    accepted = 0
    for start in range(0, len(posted), 500):
        reply = post(desk, "/v1/events", {"events": posted[start : start + 500]})
        assert reply.status_code == 200, reply.text
        accepted += reply.json()["accepted"]
    assert accepted == store.read("events", version).height
    # The accounts that fuse joined by their keys are linked over HTTP, in any order.
    key = load_key(project)
    users = raw.select("platform", "account").drop_nulls().unique(maintain_order=True)
    named = pl.concat(
        part.rename({"account": "id"}).with_columns(
            account=account_pseudonym(part["account"], key, part["platform"][0])
        )
        for part in users.partition_by("platform")
    )
    joined = store.read("accounts", version).join(named, on=["account", "platform"])
    for (_,), group in joined.sort("account", descending=True).group_by("person"):
        accounts = group.select("platform", "id").rows(named=True)
        for other in accounts[1:]:
            reply = post(desk, "/v1/identities:link", {"accounts": [accounts[0], other]})
            assert reply.status_code == 200
    state = connect(project, valkey.address)
    fused = store.read("sequences", version).sort("person")
    assert fused.height > 50
    held = joined.group_by("person").agg(
        pl.col("account").first(), pl.col("platform").first().alias("at")
    )
    asked = fused.join(held, on="person", maintain_order="left")
    known = state.read([Who(account=a, platform=p) for a, p in asked["account", "at"].rows()])
    live = sequences(known, project.sequence_length)
    assert live.drop("total").equals(fused.drop("total"))


def test_drained_events_are_read_once_by_the_next_fuse(tmp_path: Path) -> None:
    file = write_world(build_world(40, 3, end=datetime(2026, 11, 1, tzinfo=UTC)), tmp_path / "w")
    project = load_config(file)
    before = fuse(project)
    store = Store(project.store_path)
    with EmbeddedValkey(tmp_path / "live") as valkey:
        desk = Desk(opened(file, valkey.address))
        event = {
            "user": {"platform": "shop", "id": "brand-new"},
            "type": "view",
            "item_id": "shop:brand-new",
            "event_id": "once",
        }
        post(desk, "/v1/events", {"events": [event, event]})
        assert desk.setup.drainer("t").drain() == 1
        valkey.stop()
        # Down: the same event again goes straight to the store.
        reply = post(desk, "/v1/events", {"events": [event]})
        assert reply.json()["accepted"] == 1
    after = fuse(project)
    assert after.number == before.number + 1
    new = store.read("events", after).filter(
        event_id=event_ids(project, [("brand-new", "once")], "shop")[0]
    )
    assert new.height == 1
    rows = store.read("events", before).height
    assert store.read("events", after).height == rows + 1
    inputs = [r["path"] for r in after.inputs if "feedback" in r["path"]]
    assert len(inputs) == 2


def test_unlinked_accounts_are_apart_and_stay_so_until_they_are_linked_again(
    tmp_path: Path, valkey: EmbeddedValkey
) -> None:
    file = write_world(build_world(40, 3, end=datetime(2026, 11, 1, tzinfo=UTC)), tmp_path / "w")
    project = load_config(file)
    fuse(project)
    desk, store = Desk(opened(file, valkey.address)), Store(project.store_path)
    one, two = {"platform": "shop", "id": "one"}, {"platform": "video", "id": "two"}
    pair = {"accounts": [one, two]}

    def send(word: str) -> Any:
        reply = post(desk, f"/v1/identities:{word}", pair)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def people(accounts: pl.DataFrame | None = None) -> list[str]:
        key, state = load_key(project), connect(project, valkey.address)
        names = [account_pseudonym(pl.Series([a["id"]]), key, a["platform"])[0] for a in (one, two)]
        if accounts is not None:
            return [accounts.filter(account=name)["person"][0] for name in names]
        who = [
            Who(account=n, platform=a["platform"]) for n, a in zip(names, (one, two), strict=True)
        ]
        return [known.person for known in state.read(who)]

    def settle(*, full: bool = False) -> list[str]:
        desk.setup.drainer("t").drain(takeover=True)
        found = people(store.read("accounts", fuse(project, full=full)))
        assert load_base(connect(project, valkey.address), store, store.current())
        assert people() == found
        return found

    for account in (one, two):
        event = {"user": account, "type": "view", "item_id": f"{account['platform']}:x"}
        post(desk, "/v1/events", {"events": [event]})
    alone = people()
    assert len(set(alone)) == 2
    assert send("unlink") == {"person_ids": alone, "effective": "now"}  # never linked: no fault
    send("link")
    assert len(set(people())) == 1
    assert send("unlink") == {"person_ids": alone, "effective": "now"}
    assert people() == alone
    assert settle() == alone
    send("link")
    joined = settle()
    assert len(set(joined)) == 1
    assert send("unlink") == {"person_ids": joined, "effective": "next_fuse"}
    assert people() == joined
    assert settle() == alone
    assert fuse(project).run["mode"] == "none"
    assert settle(full=True) == alone
    send("link")  # the last word counts, however often
    send("unlink")
    send("link")
    assert len(set(settle())) == 1
    assert len(set(settle(full=True))) == 1


@pytest.fixture
def desk(own_file: Path, valkey: EmbeddedValkey) -> Desk:
    setup = opened(own_file, valkey.address)
    setup.current.refresh()
    return Desk(setup)


EVENT = {"type": "purchase", "item_id": "shop:i10"}
ME = {"platform": "shop", "id": "somebody"}


@pytest.mark.parametrize(
    "against",
    [{"type": "dislike"}, {"type": "unfollow"}, {"type": "rate", "rating": 1}],
    ids=["dislike", "unfollow", "low rating"],
)
def test_what_was_turned_against_is_never_listed_until_it_is_liked(
    desk: Desk, against: dict[str, Any]
) -> None:
    def recommend(**more: Any) -> dict[str, dict[str, Any]]:
        body = {"user": ME, "platforms": ["shop"], "k": 40, "seen": "allow", "explain": True}
        items = post(desk, "/v1/recommend", body | more).json()["items"]
        return {item["item_id"]: item for item in items}

    def send(event: dict[str, Any]) -> None:
        assert post(desk, "/v1/events", {"events": [{**event, "user": ME}]}).json()["accepted"] == 1

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
    ranked = post(desk, "/v1/rank", {"user": ME, "items": list(before)}).json()["items"]
    assert ranked[-1]["item_id"] == item
    send({"item_id": item, "type": "view"})
    assert item not in recommend()
    send({"item_id": item, "type": "like"})
    assert item in recommend()


def test_without_valkey_answers_come_from_the_call_and_events_go_to_the_store(
    desk: Desk, valkey: EmbeddedValkey, own_file: Path
) -> None:
    valkey.stop()
    popular = post(desk, "/v1/recommend", {"user": ME, "platforms": ["shop"]}).json()
    assert popular["fallback"] == "state_unavailable"
    assert len(popular["items"]) == 10
    own = post(desk, "/v1/recommend", {"user": ME, "platforms": ["shop"], "events": [EVENT]}).json()
    assert own["fallback"] == "state_unavailable"
    assert own["items"] != popular["items"]
    taken = post(desk, "/v1/events", {"events": [{**EVENT, "user": ME}] * 2}).json()
    assert taken["accepted"] == 2
    folder = load_config(own_file).store_path / "feedback" / "events"
    assert len(list(folder.glob("direct_*.parquet"))) == 1
    link = {"accounts": [ME, {"platform": "video", "id": "x"}]}
    for word in ("link", "unlink"):
        reply = post(desk, f"/v1/identities:{word}", link)
        assert reply.status_code == 503
        assert reply.headers["retry-after"]


def test_a_valkey_that_comes_back_empty_is_filled_again_and_answers_say_so_meanwhile(
    desk: Desk, own_file: Path
) -> None:
    project = load_config(own_file)
    raw = {"platform": "shop", "id": "u3"}

    def answer() -> tuple[Any, Any, str]:
        said = post(desk, "/v1/recommend", {"user": raw, "platforms": ["shop"]}).json()

        async def work(client: httpx.AsyncClient) -> httpx.Response:
            return await client.get("/health/ready")

        return said["fallback"], said["person"]["state"], talk(desk, work).json()["live_state"]

    state = connect(project, desk.setup.address)
    assert answer() == (None, "warm", "ok")
    state.client.flushall()
    assert answer()[:2] == ("state_loading", "new")
    desk.setup.current.refresh()
    assert answer() == (None, "warm", "ok")
    # A part of it is gone, and another replica loads it at this moment.
    state.client.delete(f"{state.prefix}b{state.look().base}:s")
    state.client.set(state.keys[1] + ":loading", "another", px=60_000)
    desk.setup.current.refresh()
    assert answer() == ("state_loading", "new", "loading")
    state.client.delete(state.keys[1] + ":loading")
    desk.setup.current.refresh()
    assert answer() == (None, "warm", "ok")


def test_without_valkey_and_store_an_event_is_not_accepted(
    desk: Desk, valkey: EmbeddedValkey, own_file: Path
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
        reply = post(desk, "/v1/events", sent)
        assert (reply.status_code, reply.json()["status"]) == (503, 503)
        again = post(desk, "/v1/recommend", {"user": ME, "events": [EVENT], "record": True})
        assert again.status_code == 503
        # What cannot be an event at all is still said to be none.
        mixed = post(desk, "/v1/events", {"events": [{"type": "view"}]})
        assert mixed.json()["rejected"][0]["field"] == "user"
    finally:
        folder.unlink()
        aside.rename(folder)
    assert events.parent == folder


def test_the_key_opens_everything_but_probes_and_docs_which_are_open(desk: Desk) -> None:
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

    assert talk(desk, work, key="secret") == [401, 401, 200, 200, 401, 200, 200, 200]


def test_an_unforeseen_fault_is_a_problem_with_an_id_that_the_log_has(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        msg = "a secret detail"
        raise RuntimeError(msg)

    monkeypatch.setattr(desk.setup.service, "link", fail)
    reply = post(desk, "/v1/identities:link", {"accounts": [ME, {"platform": "video", "id": "x"}]})
    assert reply.status_code == 500
    assert "secret" not in reply.text
    fault = next(word for word in reply.json()["detail"].split() if word.startswith("f_"))
    assert fault.rstrip(";") in caplog.text


def test_before_a_model_is_trained_the_endpoint_says_so(
    tmp_path: Path, valkey: EmbeddedValkey
) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text(
        "store: empty\nplatforms:\n  shop:\n    events:\n      files: x.csv\n"
        "      columns: {account: a, item: i, time: t}\n      type: view\n"
    )
    setup = opened(file, valkey.address)
    with pytest.raises(Exception, match="plait train"):
        setup.current.refresh()

    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        return [
            await client.get(p) for p in ("/health/live", "/health/ready", "/v1/recommend/shop/u")
        ]

    live, ready, asked = talk(Desk(setup), work)
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
        setup = opened(own_file, valkey.address)
        setup.current.refresh()
        assert setup.current.model
        return setup.current.model.name, setup.current.model.version

    assert answers_with() == (project.model, "v1")
    monkeypatch.setenv("PLAIT_MODEL_VERSION", newest)
    assert answers_with() == (project.model, newest)
    monkeypatch.setenv("PLAIT_MODEL_VERSION", "")
    monkeypatch.setenv("PLAIT_MODEL", "other")
    assert answers_with() == ("other", "v1")
