"""The routes over a real service (conftest): what is sent, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

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
