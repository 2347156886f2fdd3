"""The routes over a real service (conftest): what is sent, and what comes back."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from plait.contracts.http_messages import (
    EventsRequest,
    EventsResponse,
    LinkRequest,
    RankRequest,
    RecommendRequest,
    UnlinkRequest,
)
from plait.serving import service as service_module
from plait.serving.api_keys import ApiKeys
from plait.serving.fault_isolation import run_isolated
from plait.serving.ingestion import validate_events
from plait.serving.routes import build_app

ME = {"platform": "shop", "id": "u0"}


def test_what_is_named_twice_counts_once(ask: Any) -> None:
    body = {"user": ME, "k": 6, "platforms": ["video", "shop", "video"], "exclude": ["shop:i1"] * 3}
    listed = ask("POST", "/v1/recommend", json=body).json()["items"]
    assert [item["platform"] for item in listed] == ["video", "shop"] * 3
    assert len({item["item_id"] for item in listed}) == 6
    by_get = ask("GET", "/v1/recommend/shop/u0?k=4&platforms=video&platforms=video").json()
    assert len({item["item_id"] for item in by_get["items"]}) == 4
    items = ["shop:i3", "shop:i1", "shop:i3", "no:1", "no:1"]
    ranked = ask("POST", "/v1/rank", json={"user": ME, "items": items}).json()["items"]
    assert sorted(item["item_id"] for item in ranked) == ["no:1", "shop:i1", "shop:i3"]
    assert [item["position"] for item in ranked] == [1, 2, 3]


def test_a_list_takes_turns_in_the_order_asked_for_else_in_the_models(ask: Any) -> None:
    for platforms, order in [
        (["video", "shop"], ["video", "shop"]),
        (["shop", "video"], ["shop", "video"]),
        (None, ["shop", "video"]),
    ]:
        answer = ask("POST", "/v1/recommend", json={"user": ME, "platforms": platforms}).json()
        assert [item["platform"] for item in answer["items"]] == order * 5
        assert list(answer["reasons"]) == order


def test_an_empty_list_says_why(ask: Any) -> None:
    everything = [f"shop:i{n}" for n in range(40)]
    body = {"user": ME, "platforms": ["shop"], "exclude": everything}
    answer = ask("POST", "/v1/recommend", json=body).json()
    assert (answer["items"], answer["fallback"]) == ([], "all_excluded")
    assert answer["reasons"] == {"shop": "all_excluded"}
    body = {"user": ME, "exclude": everything, "k": 500}
    answer = ask("POST", "/v1/recommend", json=body).json()
    assert answer["reasons"] == {"shop": "all_excluded", "video": "state_unavailable"}
    assert answer["fallback"] == "state_unavailable"


@pytest.mark.parametrize("path", ["/v1/recommend", "/v1/rank"])
def test_an_event_in_a_call_is_about_one_thing(ask: Any, path: str) -> None:
    event = {"type": "view", "item_id": "shop:i1", "topic": "t"}
    body = {"user": ME, "events": [event]} | ({"items": ["shop:i1"]} if path == "/v1/rank" else {})
    reply = ask("POST", path, json=body)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["loc"] == ["events", 0, "topic"]
    assert "exactly one of item_id, topic, creator and query" in reply.json()["detail"]


ADDRESSES = [
    ("/v1/recommend/shop/%ff", 400, "%FF"),
    ("/v1/recommend/shop/a%C0%AFb", 400, "UTF-8"),
    ("/v1/recommend/shop/%ED%A0%80", 400, "UTF-8"),
    ("/v1/recommend/%fe/u", 400, "UTF-8"),
    ("/v1/recommend/shop/u?request_id=%ff", 400, "UTF-8"),
    ("/v1/recommend/shop/50%", 400, "%25"),
    ("/v1/recommend/shop/u%zz", 400, "%25"),
    ("/v1/recommend/shop/u0%0A", 422, "control"),
    ("/v1/recommend/shop/u%0Av", 422, "control"),
    ("/v1/recommend/shop/%00", 422, "control"),
    ("/v1/recommend/shop/%C2%85", 422, "control"),
    ("/v1/recommend/shop%0A/u", 422, "control"),
    ("/nowhere%0A", 422, "control"),
    ("/v1/recommend/shop/", 422, "empty"),
    ("/v1/recommend/shop%2Fx/u", 422, "letters"),
    ("/v1/recommend/%D0%BC/u", 422, "letters"),
    ("/v1/recommend/shop/u?k=", 422, "?k=10"),
    ("/v1/recommend/shop/u?k", 422, "?k=10"),
    ("/v1/recommend/shop/u?platforms=", 422, "?platforms=shop"),
    ("/v1/recommend/shop/u?exclude=shop:1&exclude=", 422, "?exclude=shop:77"),
    ("/v1/recommend/shop/u?seen=", 422, "?seen=allow"),
    ("/v1/recommend/shop/u?explain=", 422, "?explain=true"),
    ("/v1/recommend/shop/u?request_id=", 422, "?request_id="),
    ("/v1/recommend/shop/u?k=1&k=2", 422, "twice"),
    ("/v1/recommend/shop/u?kk=4", 422, "Did you mean 'k'?"),
    ("/v1/recommend/shop/u?user=4", 422, "unknown parameter"),
    ("/v1/recommend/shop/u?k=4.5", 422, "whole number"),
    ("/v1/recommend/shop/u?k=" + "9" * 300, 422, "whole number"),
    ("/v1/recommend/shop/u?explain=yes", 422, "true or false"),
    ("/v1/recommend/shop/u?exclude=1", 422, "platform:id"),
    ("/v1/recommend/shop/u?" + "a&" * 3_000, 422, "2,000"),
    ("/v1/recommend/shop/" + "u" * 17_000, 414, "POST"),
    ("/v1/recommend/shop/" + "u" * 600, 422, "512"),
    ("/nowhere", 404, "/nowhere"),
    ("/v1/events", 405, "GET"),
]


@pytest.mark.parametrize(("address", "status", "says"), ADDRESSES)
def test_an_address_that_is_not_right_is_a_problem_that_says_why(
    ask: Any, address: str, status: int, says: str
) -> None:
    reply = ask("GET", address)
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert says in f"{problem['detail']} {problem['errors']}"


def test_an_id_in_an_address_is_the_id_in_a_body(ask: Any) -> None:
    for escaped, raw in [
        ("a%2Fb", "a/b"), ("a/b", "a/b"), ("%25", "%"), ("a+b", "a+b"), ("%C3%A9", "\u00e9"),
        ("%EF%BF%BD", "\ufffd"), ("a%3Fb", "a?b"), ("a/", "a/"),
    ]:  # fmt: skip
        by_get = ask("GET", f"/v1/recommend/shop/{escaped}?request_id=7&explain=true&k=3").json()
        body = {"user": {"platform": "shop", "id": raw}, "k": 3, "explain": True}
        by_post = ask("POST", "/v1/recommend", json=body | {"request_id": "7"}).json()
        for answer in (by_get, by_post):
            del answer["recommendation_id"], answer["took_ms"]
        assert by_get == by_post


@pytest.mark.parametrize("address", ["/health/live", "/health/ready", "/docs", "/openapi.json",
                                     "/v1/recommend/shop/u0?k=2"])  # fmt: skip
def test_head_is_get_without_the_body(ask: Any, address: str) -> None:
    full, head = ask("GET", address), ask("HEAD", address)
    assert (head.status_code, head.content) == (200, b"")
    if "recommend" not in address:
        assert head.headers.pop("x-request-id") != full.headers.pop("x-request-id")
        assert head.headers == full.headers
    options = ask("OPTIONS", address)
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


def test_head_and_options_of_what_takes_a_body(ask: Any) -> None:
    assert ask("OPTIONS", "/v1/events").headers["allow"] == "OPTIONS, POST"
    assert ask("HEAD", "/v1/events").status_code == 405
    assert ask("OPTIONS", "/nowhere").status_code == 404
    assert ask("HEAD", "/nowhere").status_code == 404


def test_events_that_are_not_recorded_are_said_to_be_so(ask: Any) -> None:
    body = {"user": ME, "events": [{"type": "view", "item_id": "shop:i1"}]}
    for record in (True, False):
        answer = ask("POST", "/v1/recommend", json=body | {"record": record}).json()
        assert (answer["events"]["accepted"], answer["events"]["recorded"]) == (1, record)
    sent = {"events": [body["events"][0] | {"user": ME}]}  # type: ignore[index]
    assert ask("POST", "/v1/events", json=sent).json()["recorded"] is True


def test_docs_load_nothing_from_elsewhere(ask: Any) -> None:
    page = ask("GET", "/docs").text
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(loaded) == 3
    for address in loaded:
        assert address.startswith("/docs/assets/")
        assert ask("GET", address).status_code == 200
    assert "https://" not in page
    assert '"validatorUrl": null' in page


def test_every_answer_is_in_the_document(ask: Any) -> None:
    document = ask("GET", "/openapi.json").json()
    schemas = {"components": document["components"]}
    for method, path, address, body in [
        ("post", "/v1/recommend", "", {"user": ME, "k": 3, "explain": True}),
        ("post", "/v1/recommend", "", {"user": ME, "events": [{"type": "view", "query": "q"}]}),
        ("post", "/v1/recommend", "", {"user": 5}),
        ("post", "/v1/recommend", "", b"{"),
        ("post", "/v1/recommend", "", b" " * 1_000_001),
        ("post", "/v1/rank", "", {"user": ME, "items": ["shop:i1", "no:1"]}),
        ("post", "/v1/events", "", {"events": [{"type": "view"}, 5]}),
        ("post", "/v1/identities:link", "", {"accounts": [ME, {"platform": "video", "id": "x"}]}),
        ("post", "/v1/identities:unlink", "", {"accounts": [ME, {"platform": "video", "id": "x"}]}),
        ("get", "/v1/recommend/{platform}/{account}", "/v1/recommend/shop/u?k=3", None),
        ("get", "/v1/recommend/{platform}/{account}", "/v1/recommend/shop/%ff", None),
        ("get", "/v1/recommend/{platform}/{account}", "/v1/recommend/shop/u?k=", None),
        ("get", "/health/live", "", None),
        ("get", "/health/ready", "", None),
    ]:  # fmt: skip
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        reply = ask(method.upper(), address or path, content=content)
        described = document["paths"][path][method]["responses"][str(reply.status_code)]
        kind = reply.headers["content-type"]
        schema = described["content"][kind]["schema"] | schemas
        validator = Draft202012Validator(schema)
        assert not [*validator.iter_errors(reply.json())], reply.text
    for path, operations in document["paths"].items():
        for operation in operations.values():
            expected = {"400", "404", "405", "414", "500", "default"}
            if path.startswith("/v1/"):
                expected |= {"401", "422", "503"}
            if "requestBody" in operation:
                expected |= {"413", "415"}
            assert expected <= set(operation["responses"]), path
            assert ("409" in operation["responses"]) == (path == "/v1/identities:link"), path


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v1/recommend", RecommendRequest),
        ("/v1/rank", RankRequest),
        ("/v1/events", EventsRequest),
        ("/v1/identities:link", LinkRequest),
        ("/v1/identities:unlink", UnlinkRequest),
    ],
)
def test_the_document_describes_the_body_that_is_validated(
    ask: Any, path: str, message: type[BaseModel]
) -> None:
    document = ask("GET", "/openapi.json").json()
    content = document["paths"][path]["post"]["requestBody"]["content"]
    schema = {"$ref": f"#/components/schemas/{message.__name__}"}
    assert content == {"application/json": {"schema": schema}}
    described = document["components"]["schemas"][message.__name__]
    assert set(described["properties"]) == set(message.model_fields)
    assert described["additionalProperties"] is False


def test_the_document_says_how_a_key_is_sent(service: Any) -> None:
    for keys, ways in [(ApiKeys("k"), 2), (ApiKeys(), 3)]:
        document = build_app(lambda: None, keys).openapi()  # type: ignore[arg-type, return-value]
        assert set(document["components"]["securitySchemes"]) == {"ApiKey", "Bearer"}
        assert len(document["security"]) == ways
        assert document["paths"]["/health/live"]["get"]["security"] == []
        assert "security" not in document["paths"]["/v1/events"]["post"]


def test_the_document_describes_the_parameters_of_an_address(ask: Any) -> None:
    path = "/v1/recommend/{platform}/{account}"
    operation = ask("GET", "/openapi.json").json()["paths"][path]["get"]
    assert [p["name"] for p in operation["parameters"] if p["in"] == "query"] == [
        "k", "platforms", "exclude", "seen", "explain", "request_id"
    ]  # fmt: skip


def test_calls_beside_one_that_makes_a_fault_are_answered(
    service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = service_module.clean_batches

    def clean(batches: Any, *more: Any) -> Any:
        if any(event.get("session") == "poison" for b in batches for _, event in b.valid):
            raise RuntimeError
        return real(batches, *more)

    monkeypatch.setattr(service_module, "clean_batches", clean)
    event = {"type": "view", "item_id": "shop:i1", "user": ME}
    good, bad = [event | {"event_id": f"n-{n}"} for n in range(6)], event | {"session": "poison"}
    calls = [validate_events([one]) for one in [*good[:3], bad, *good[3:]]]
    taken = run_isolated(service.ingest, calls)
    assert [type(one).__name__ for one in taken].count("RuntimeError") == 1
    assert isinstance(taken[3], RuntimeError)
    kept = [one for one in taken if isinstance(one, EventsResponse)]
    assert [(one.accepted, one.rejected) for one in kept] == [(1, [])] * 6
