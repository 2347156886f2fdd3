"""The service over live state in memory: no server is needed to see what calls do to each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.serving.current_model import CurrentModel
from plait.serving.replica import ReplicaParts
from plait.serving.service import EndpointService
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog
from tests.local_handler import LocalHandler, post
from tests.memory_state import MemoryLiveState

SHOP, VIDEO = {"platform": "shop", "id": "me"}, {"platform": "video", "id": "me-too"}


@pytest.fixture
def memory() -> MemoryLiveState:
    return MemoryLiveState(50)


@pytest.fixture
def handler(small: Any, memory: MemoryLiveState, store: Store) -> LocalHandler:
    """The service of `small`, whose feedback goes elsewhere."""
    current = CurrentModel(small.project, memory)
    current.refresh()
    feedback = FeedbackLog(store)
    service = EndpointService(small.project, load_key(small.project), memory, feedback, current)
    return LocalHandler(ReplicaParts(small.project, "", current, service, feedback, None))


def recommend(handler: LocalHandler, user: dict[str, str], **more: Any) -> Any:
    reply = post(handler, "/v1/recommend", {"user": user, "platforms": ["shop"], "k": 40} | more)
    assert reply.status_code == 200, reply.text
    return reply.json()


def names(answer: Any) -> set[str]:
    return {item["item_id"] for item in answer["items"]}


def test_an_event_is_known_to_the_next_answer_and_a_link_to_both_accounts(
    handler: LocalHandler,
) -> None:
    assert recommend(handler, SHOP)["person"]["state"] == "new"
    event = {"type": "purchase", "item_id": "shop:i10", "user": SHOP}
    taken = post(handler, "/v1/events", {"events": [event]}).json()
    assert (taken["accepted"], taken["durable"]) == (1, True)
    mine = recommend(handler, SHOP)
    assert (mine["person"]["state"], mine["person"]["platforms"]) == ("warm", ["shop"])
    assert "shop:i10" not in names(mine)
    assert recommend(handler, SHOP | {"id": f"{SHOP['id']}\u200b "})["person"]["state"] == "warm"
    assert "shop:i10" in names(recommend(handler, VIDEO))
    pair = {"accounts": [SHOP, VIDEO]}
    joined = post(handler, "/v1/identities:link", pair).json()
    both = recommend(handler, VIDEO)
    assert both["person"]["person_id"] == joined["person_id"]
    assert both["person"]["platforms"] == ["shop", "video"]
    assert "shop:i10" not in names(both)
    assert post(handler, "/v1/identities:unlink", pair).json()["effective"] == "now"
    assert "shop:i10" in names(recommend(handler, VIDEO))


def test_a_call_s_own_events_count_for_its_answer_alone_unless_they_are_recorded(
    handler: LocalHandler, memory: MemoryLiveState
) -> None:
    event = {"type": "purchase", "item_id": "shop:i10"}
    own = recommend(handler, SHOP, events=[event])
    assert (own["person"]["state"], "shop:i10" in names(own)) == ("warm", False)
    assert memory.stream_length("events") == 0
    assert recommend(handler, SHOP)["person"]["state"] == "new"
    recommend(handler, SHOP, events=[event], record=True)
    assert recommend(handler, SHOP)["person"]["state"] == "warm"


def test_a_person_of_the_base_is_known_and_so_is_who_had_what_no_model_knows(
    handler: LocalHandler, small: Any
) -> None:
    user = {"platform": "shop", "id": "u0"}
    known = recommend(handler, user)
    held = small.accounts.filter(raw="u0")["person"][0]
    assert (known["person"]["person_id"], known["person"]["state"]) == (held, "warm")
    strange = {"type": "view", "item_id": "video:never-listed", "user": VIDEO}
    assert post(handler, "/v1/events", {"events": [strange]}).json()["accepted"] == 1
    told = recommend(handler, VIDEO)
    assert (told["person"]["state"], told["fallback"]) == ("warm", "no_known_items")
    assert told["person"]["platforms"] == ["video"]


def test_events_of_a_bot_are_stored_and_in_no_history(
    handler: LocalHandler, memory: MemoryLiveState
) -> None:
    key, current = load_key(handler.setup.project), handler.setup.current
    current.bots = account_pseudonym(pl.Series(["me"]), key, "shop")
    event = {"type": "purchase", "item_id": "shop:i10"}
    both = {"events": [event | {"user": SHOP}, event | {"user": SHOP | {"id": "you"}}]}
    assert post(handler, "/v1/events", both).json()["accepted"] == 2
    assert memory.stream_length("events") == 2
    assert recommend(handler, SHOP)["person"]["state"] == "new"
    assert recommend(handler, SHOP | {"id": "you"})["person"]["state"] == "warm"


def test_a_double_click_counts_once(handler: LocalHandler) -> None:
    at = "2026-10-01T00:00:0"
    clicks = [
        {"type": "view", "item_id": "shop:i10", "user": SHOP, "time": f"{at}{n}Z"}
        for n in (1, 2, 9)
    ]
    assert post(handler, "/v1/events", {"events": clicks[:2]}).json()["accepted"] == 2
    once = recommend(handler, SHOP)
    other = SHOP | {"id": "other"}
    post(handler, "/v1/events", {"events": [clicks[0] | {"user": other}]})
    scores = [[item["score"] for item in answer["items"]]
              for answer in (once, recommend(handler, other))]  # fmt: skip
    assert scores[0] == scores[1]
    post(handler, "/v1/events", {"events": clicks[2:]})
    assert [item["score"] for item in recommend(handler, SHOP)["items"]] != scores[0]


def test_while_live_state_is_down_events_go_to_the_store(
    handler: LocalHandler, memory: MemoryLiveState, store: Store
) -> None:
    memory.down_reason = "it was stopped"
    event = {"type": "purchase", "item_id": "shop:i10", "user": SHOP}
    assert post(handler, "/v1/events", {"events": [event]}).json()["accepted"] == 1
    assert len(list(Path(store.uri).glob("feedback/events/direct_*"))) == 1
    assert recommend(handler, SHOP)["fallback"] == "state_unavailable"
    assert post(handler, "/v1/identities:link", {"accounts": [SHOP, VIDEO]}).status_code == 503
    memory.down_reason = ""
    assert recommend(handler, SHOP)["person"]["state"] == "new"
