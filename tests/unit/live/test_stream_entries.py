from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl

from plait.features.sequences import EVENT_ORDER
from plait.live.link_reason import LinkReason
from plait.live.stream_entries import (
    FEEDBACK_EVENTS,
    decode_events,
    decode_links,
    encode_events,
    encode_link,
    encode_unlink,
)
from tests.live_sequences import decode_members

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)


def event(**fields: object) -> dict[str, object]:
    base: dict[str, object] = dict.fromkeys(FEEDBACK_EVENTS)
    base |= {"event_id": "shop:1", "platform": "shop", "account": "a_0000_x", "type": "view"}
    base |= {"object_kind": "item", "object_id": "shop:i", "time": NOW, "time_resolution": "us"}
    return base | {"strength": 0.3} | fields


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=FEEDBACK_EVENTS)


EVENTS = frame(
    event(query_text='say "é\\"', object_kind="query", object_id=None),
    event(event_id="shop:2", value=0.1, currency="EUR", order=-(2**62), recommendation_id="r_1"),
    event(event_id="shop:3", time=None, time_resolution="order", order=7),
)


def test_an_event_comes_back_as_it_went() -> None:
    entries = encode_events(EVENTS)
    assert decode_events(entries["entry"].to_list()).equals(EVENTS)


def test_only_item_events_have_a_member_and_it_comes_back() -> None:
    written = encode_events(EVENTS)
    assert written["member"].to_list()[0] == ""
    members = [f"{member}\n17-0" for member in written["member"] if member]
    read = decode_members(members)
    names = ["event_id", "platform", "type", "time", "order", "strength"]
    assert read.select(names).equals(EVENTS[1:].select(names))
    assert read["item"].to_list() == ["shop:i", "shop:i"]


def test_score_and_member_order_events_as_a_history_does() -> None:
    times = [None, NOW, datetime(1995, 1, 1, tzinfo=UTC)]
    orders = [None, -3, 2, 10, -(2**63), 2**63 - 1]
    rows = [
        event(event_id=f"shop:{i}", time=time, order=order)
        for i in ("a", "ab", "b")
        for time in times
        for order in orders
    ]
    events = frame(*rows).sample(fraction=1, shuffle=True, seed=1)
    written = events.hstack(encode_events(events).select("score", "member"))
    stored = sorted(
        written.select("event_id", "time", "order", "score", "member").rows(),
        key=lambda row: (float(row[3]), row[4].encode()),
    )
    expected = (
        written.sort(*EVENT_ORDER, nulls_last=False).select("event_id", "time", "order").rows()
    )
    assert [row[:3] for row in stored] == expected


def test_a_link_comes_back_as_it_went() -> None:
    reason = LinkReason("me", "the same")
    entry = encode_link(("a_1", "shop"), ("a_2", "video"), NOW, reason)
    (row,) = decode_links([entry]).rows(named=True)
    assert row == {"account_a": "a_1", "platform_a": "shop", "account_b": "a_2",
                   "platform_b": "video", "time": NOW, "apart": None,
                   "apart_platform": None, "who": "me", "why": "the same"}  # fmt: skip


def test_an_unlink_comes_back_as_it_went_and_yesterday_reads_a_link_that_joins_nobody() -> None:
    entry = encode_unlink(("a_1", "shop"), ("a_2", "video"), NOW)
    (row,) = decode_links([entry]).rows(named=True)
    assert row == {"account_a": "a_1", "platform_a": "shop", "account_b": "a_1",
                   "platform_b": "shop", "time": NOW, "apart": "a_2",
                   "apart_platform": "video", "who": None, "why": None}  # fmt: skip
    yesterday = ("account_a", "platform_a", "account_b", "platform_b", "time")
    assert [json.loads(entry)[name] for name in yesterday[:4]] == ["a_1", "shop"] * 2


def test_what_another_plait_wrote_into_the_stream_is_read() -> None:
    """Replicas of two plaits share a Valkey in an upgrade: yesterday's text, and tomorrow's."""
    yesterday = "0\nshop:2\nshop:i\nlike\n0.9\n1767323045000006\n\n17-0"
    (step,) = decode_members([yesterday]).rows(named=True)
    assert step == {
        "event_id": "shop:2", "item": "shop:i", "platform": "shop", "type": "like",
        "strength": 0.9, "time": NOW, "order": None,
    }  # fmt: skip
    (entry,) = encode_events(EVENTS[1:2])["entry"].to_list()
    said = json.loads(entry)
    newer = json.dumps({"mood": "calm", **said, "type": "hide"})
    del said["currency"]
    older = json.dumps(said)
    read = decode_events([newer, older, entry])
    assert read["type"].to_list() == ["hide", "view", "view"]
    assert read["currency"].to_list() == ["EUR", None, "EUR"]
    assert read["event_id"].to_list() == ["shop:2"] * 3
