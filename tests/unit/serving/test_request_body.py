from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from fastapi import Request
from pydantic import ValidationError

from plait.contracts.http_messages import Event, EventsRequest, RankRequest, RecommendRequest
from plait.contracts.validation_messages import known_fields
from plait.serving import request_body
from plait.serving.problems import ProblemError, quote_input
from plait.serving.request_body import read_body, validate_message

USER = {"platform": "shop", "id": "u"}


@pytest.mark.parametrize(
    ("model", "value", "place", "says"),
    [
        (RecommendRequest, {"user": USER, "kk": 1}, ["kk"], "Did you mean 'k'?"),
        (RecommendRequest, {"user": {**USER, "pltform": 1}}, ["user", "pltform"], "'platform'"),
        (RecommendRequest, {"user": USER, "events": [{"typ": 1}]}, ["events", 0, "type"], "Add"),
        (EventsRequest, {"events": [{"user": {"idd": 1}}]}, ["events", 0, "type"], "Add"),
        (RankRequest, {"user": USER, "items": [3]}, ["items", 0], "See"),
        (RecommendRequest, {"user": USER, "k": 10**400}, ["k"], "500"),
        (RecommendRequest, {"user": USER, "k": 1.5}, ["k"], "See"),
    ],
)
def test_a_wrong_field_is_named_with_a_hint(
    model: type, value: object, place: list[str | int], says: str
) -> None:
    with pytest.raises(ProblemError) as caught:
        validate_message(value, model)
    assert caught.value.status == 422
    first = next(e for e in caught.value.errors if e.loc == place)
    assert says in f"{first.msg} {first.hint}"


def test_fields_are_found_at_any_depth() -> None:
    assert known_fields(EventsRequest, ["events", 3, "user"]) == ["platform", "id"]
    assert "exclude" in known_fields(RecommendRequest, [])


def test_whatever_a_client_sent_is_shown_printable() -> None:
    assert quote_input("a\nb\x00\ud800") == r"'a?b?\ud800'"
    assert len(quote_input("x" * 10_000)) < 100


ODD = [f"{'pltfrom_id'[:9] * 6}{n}" for n in range(500)]  # long, and near to a name


@pytest.mark.parametrize(
    "value",
    [
        {"user": USER} | dict.fromkeys(map(str, range(20_000)), 0),
        {"user": USER} | dict.fromkeys(ODD, 0),
        {"user": USER, "events": [dict.fromkeys(ODD[:45], 0)] * 500},
        {"user": USER, "events": [{name: [] for name in Event.model_fields}] * 500},
        {"user": USER, "exclude": [3] * 20_000, "platforms": ["\0"] * 20_000},
        {"user": dict.fromkeys(ODD, USER)},
    ],
)
def test_errors_are_counted_before_they_are_made(
    value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    real = request_body.error_details

    def explain(error: ValidationError, *more: Any) -> Any:
        made.append(error.error_count())
        return real(error, *more)

    monkeypatch.setattr(request_body, "error_details", explain)
    with pytest.raises(ProblemError) as caught:
        validate_message(value, RecommendRequest)
    assert 1 <= len(caught.value.errors) <= 20
    assert sum(made) <= 1_100  # the longest list that is looked at, and the fields beside it


def test_a_long_body_is_read_beside_the_event_loop_and_a_short_one_on_it() -> None:
    async def read_in(content: bytes) -> str:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        request = Request({"type": "http", "headers": []}, receive)
        return await read_body(request, lambda _: threading.current_thread().name)

    here = threading.current_thread().name
    for content, there in [
        (b'{"user": {}}', False),
        (b'{"a": "' + b"a" * 9_000 + b'"}', True),
        (b"[" + b"{}," * 300 + b"1]", True),
        (b"[" + b"1," * 300 + b"1]", True),
    ]:
        name = asyncio.run(read_in(content))
        assert name.startswith("read") if there else name == here


def test_a_length_that_is_no_number_is_not_counted_on() -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    headers = [(b"content-length", "²".encode("latin-1"))]
    request = Request({"type": "http", "headers": headers}, receive)
    assert asyncio.run(read_body(request, lambda body: body)) == {}
