"""What moved between two answers, and the demo's calls over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from plait.demo.chapter_results import DemoList, ListedItem
from plait.demo.endpoint_client import CallRefused, EndpointClient, mark_changes


def _answer(*items: str) -> DemoList:
    return DemoList([ListedItem(item, item.upper(), None) for item in items], None, "p", 1.0)


def test_marks_say_what_is_new_and_how_far_the_others_moved() -> None:
    marked = mark_changes(_answer("a", "b", "c"), _answer("c", "b", "d"))
    assert [(x.item, x.mark) for x in marked.items] == [("c", "+2"), ("b", "same"), ("d", "new")]
    marked = mark_changes(_answer("a", "b"), _answer("b", "a"))
    assert [x.mark for x in marked.items] == ["+1", "-1"]


def _talk(handler: Callable[[httpx.Request], httpx.Response]) -> EndpointClient:
    return EndpointClient("http://test", transport=httpx.MockTransport(handler))


def test_events_that_are_refused_are_an_error() -> None:
    reply = {"accepted": 1, "duplicates": 0, "rejected": [{"index": 1}], "took_ms": 1.0}
    with (
        _talk(lambda _: httpx.Response(200, json=reply)) as talk,
        pytest.raises(CallRefused, match="1 of 2 events"),
    ):
        talk.send("video", "u_1", [("watch", "video:a"), ("watch", "video:b")])


def test_a_problem_is_told_with_its_status() -> None:
    with (
        _talk(lambda _: httpx.Response(422, text="no such platform")) as talk,
        pytest.raises(CallRefused, match="422: no such platform"),
    ):
        talk.recommend("x", "1", 3)


def test_a_title_that_is_missing_is_the_id() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        assert body == {"user": {"platform": "shop", "id": "7"}, "platforms": ["shop"], "k": 2}
        items = [
            {"item_id": "shop:1", "title": "Pan", "score": 0.5},
            {"item_id": "shop:2", "title": None, "score": None},
        ]
        person = {"person_id": "p_1"}
        return httpx.Response(
            200, json={"items": items, "fallback": None, "person": person, "took_ms": 2.0}
        )

    with _talk(answer) as talk:
        assert [x.title for x in talk.recommend("shop", "7", 2).items] == ["Pan", "shop:2"]
