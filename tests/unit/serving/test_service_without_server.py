"""The service over live state in memory: no server is needed to see what calls do to each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.serving.current_model import CurrentModel
from plait.serving.privacy_service import PrivacyService
from plait.serving.replica import ReplicaParts
from plait.serving.service import EndpointService
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.store_objects import list_objects, remove_objects
from tests.local_handler import LocalHandler, post, talk
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
    privacy = PrivacyService(small.project, load_key(small.project), memory, small.store)
    parts = (small.project, "", current, service, feedback, None, None, privacy)
    return LocalHandler(ReplicaParts(*parts))


@pytest.fixture
def receipts(small: Any) -> Iterator[None]:
    """Removes the receipts that a test leaves in the store of `small`."""
    yield
    folder = "erasures/receipts"
    metas = list_objects(small.store.objects, folder)
    remove_objects(small.store.objects, [meta["path"] for meta in metas])


def ask(handler: LocalHandler, method: str, path: str) -> Any:
    return talk(handler, lambda client: client.request(method, path))


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


def test_a_person_is_told_exported_and_erased(
    handler: LocalHandler, memory: MemoryLiveState, small: Any, receipts: None
) -> None:
    user = {"platform": "shop", "id": "u0"}
    person = recommend(handler, user)["person"]["person_id"]
    event = {"type": "like", "item_id": "shop:i10", "user": user}
    assert post(handler, "/v1/events", {"events": [event]}).json()["accepted"] == 1
    known = ask(handler, "GET", f"/v1/persons/{person}").json()
    assert known["recent_events"] == 1
    assert known["events"] > 0
    lines = ask(handler, "GET", f"/v1/persons/{person}/export").text.splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert (kinds[0], kinds.count("account"), kinds.count("recent_event")) == ("person", 1, 1)
    assert not [line for line in lines if '"u0"' in line]  # raw ids are not known

    reply = ask(handler, "DELETE", f"/v1/persons/{person}")
    receipt = reply.json()
    assert (reply.status_code, receipt["accounts"]) == (202, len(known["accounts"]))
    assert receipt["places"]["live_state"]["state"] == "done"
    assert receipt["places"]["tables"]["what"] == "plait fuse leaves the person out"
    assert recommend(handler, user)["person"]["state"] == "new"
    for path in (f"/v1/persons/{person}", f"/v1/persons/{person}/export"):
        assert ask(handler, "GET", path).status_code == 404
    for path in (f"/v1/persons/{person}", "/v1/accounts/shop/u0"):
        assert ask(handler, "DELETE", path).json() == receipt
    assert ask(handler, "GET", f"/v1/erasures/{receipt['id']}").json() == receipt
    assert not [s for s in (person[2:], "u0") if s in reply.text]


def test_an_account_that_nobody_knows_is_erased_and_a_person_is_not(
    handler: LocalHandler, memory: MemoryLiveState, receipts: None
) -> None:
    reply = ask(handler, "DELETE", "/v1/accounts/shop/a%2Fb%20c")
    assert (reply.status_code, reply.json()["accounts"]) == (202, 1)
    assert memory.stream_length("erasures") == 1
    assert ask(handler, "DELETE", "/v1/accounts/nowhere/a").status_code == 422
    nobody = ["p_" + "0" * 32, "p_1", "a_0000_1"]
    for path in [*(f"/v1/persons/{one}" for one in nobody), "/v1/erasures/x_1"]:
        assert ask(handler, "GET", path).status_code == 404
    assert ask(handler, "DELETE", f"/v1/persons/{nobody[0]}").status_code == 404
    memory.down_reason = "it was stopped"
    down = ask(handler, "DELETE", "/v1/accounts/shop/u0")
    assert (down.status_code, down.headers["retry-after"]) == (503, "1")
