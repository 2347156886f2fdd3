from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.config.parse_project import parse_config
from plait.contracts.http_messages import Event, InlineEvent, User
from plait.live.stream_entries import FEEDBACK_EVENTS
from plait.privacy.pseudonym import PseudonymKey
from plait.serving.ingestion import (
    EventBatch,
    clean_batches,
    validate_events,
    validate_inline_events,
)
from plait.serving.problems import ProblemError

KEY = PseudonymKey("k" * 64)
SOURCE = {"events": {"files": "log.csv",
                     "columns": {"account": "user", "item": "item", "order": "n"},
                     "time": "order", "type": "view"}}  # fmt: skip
PROJECT = parse_config(
    {
        "store": "store",
        "platforms": {name: {"kind": "shop"} | SOURCE for name in ("shop", "video", "news")}
        | {"blog": {"kind": "social"} | SOURCE},
        "people": {"same_account_id": [["video", "shop"]]},
    },
    folder=Path(),
)


def sent(**more: Any) -> dict[str, Any]:
    event = {"type": "view", "user": {"platform": "shop", "id": "u"}, "item_id": "shop:1"}
    return {name: value for name, value in (event | more).items() if value is not None}


def take(*events: Any) -> tuple[Any, EventBatch]:
    batch = validate_events(list(events))
    return clean_batches([batch], PROJECT, KEY), batch


def test_an_event_becomes_a_row_without_the_raw_id() -> None:
    rows, batch = take(
        sent(event_id="e", time="2025-01-02T03:04:05+02:00", value=3, currency="EUR", order=4)
    )
    (row,) = rows.rows(named=True)
    assert not batch.rejected
    assert row["event_id"].startswith(f"e_{KEY.id}_")
    assert row["object_id"] == "shop:1"
    assert row["time"] == datetime(2025, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert (row["value"], row["currency"], row["order"]) == (3.0, "EUR", 4)
    assert row["account"].startswith(f"a_{KEY.id}_")
    assert list(rows.columns) == [*FEEDBACK_EVENTS, "call", "index"]


def test_an_account_of_a_shared_id_space_names_its_home() -> None:
    rows, _ = take(
        sent(),
        sent(user={"platform": "video", "id": " u\u200b"}, item_id="video:1\u2060"),
        sent(user={"platform": "news", "id": "u"}, item_id="news:1"),
    )
    by = {row["platform"]: row for row in rows.iter_rows(named=True)}
    assert by["video"]["object_id"] == "video:1"
    assert by["video"]["home"] == by["shop"]["home"] == by["shop"]["account"]
    assert by["video"]["account"] != by["shop"]["account"]
    assert by["news"]["home"] is None


def test_events_without_a_time_happened_now_in_the_order_sent() -> None:
    rows, _ = take(*(sent(item_id=f"shop:{n}") for n in range(20)))
    assert rows.sort("time")["object_id"].to_list() == [f"shop:{n}" for n in range(20)]
    assert abs(rows["time"][0] - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("hours", [1 / 3600, 1, 20, 23.99])
def test_an_event_of_the_future_happened_when_it_came(hours: float) -> None:
    before = datetime.now(UTC)
    ahead = [before + timedelta(hours=hours, seconds=i) for i in (30, 20)]
    rows, batch = take(
        sent(item_id="shop:now"),
        *(sent(item_id=f"shop:{i}", time=time.isoformat()) for i, time in enumerate(ahead)),
        sent(item_id="shop:old", time="2025-01-02T03:04:05Z"),
    )
    assert not batch.rejected
    assert rows["time"].max() <= datetime.now(UTC)
    late = rows.filter(pl.col("stamped").is_not_null())
    assert late["stamped"].to_list() == ahead
    assert late["time"].min() > before - timedelta(seconds=1)
    order = ["shop:old", *(f"shop:{i}" for i in reversed(range(len(ahead)))), "shop:now"]
    assert rows.sort("time")["object_id"].to_list() == order


def test_an_id_is_an_accounts_own_and_a_creator_an_account_where_the_platform_says() -> None:
    rows, _ = take(
        sent(event_id="tw"),
        sent(event_id="tw", user={"platform": "shop", "id": "v"}),
        sent(event_id="tw", item_id="shop:2"),
        sent(item_id=None, creator="u", type="follow", user={"platform": "blog", "id": "w"}),
        sent(item_id="blog:1", user={"platform": "blog", "id": "u"}),
    )
    mine, others, again = rows.filter(platform="shop")["event_id"]
    assert mine == again != others
    follow, view = rows.filter(platform="blog").iter_rows(named=True)
    assert follow["object_id"] == f"blog:{view['account']}"


@pytest.mark.parametrize(
    ("event", "place", "hint"),
    [
        (7, "the event", ""),
        (sent(user=None), "user", "Add"),
        (sent(typ=1), "typ", "Did you mean 'type'?"),
        (sent(type="vieww"), "type", "listed"),
        (sent(user={"platform": "shp", "id": "u"}), "user.platform", "'shop'"),
        (sent(item_id="1"), "item_id", "platform:id"),
        (sent(item_id="video:1"), "item_id", "shop:..."),
        (sent(item_id=None), "item_id", "query"),
        (sent(topic="t"), "topic", "exactly one"),
        (sent(item_id=None, query="q", creator="c"), "query", "creator and query"),
        (sent(query=""), "query", "empty"),
        (sent(value=10**399), "value", "number"),
        ({f"k{n}": 1 for n in range(10_000)}, "k0", "Known: "),
        (sent(time="yesterday"), "time", ""),
        (sent(time="2025-13-45"), "time", "RFC 3339"),
        (sent(time="1950-01-01T00:00:00Z"), "time", "RFC 3339"),
        (sent(time="2999-01-01T00:00:00Z"), "time", "UTC"),
        (sent(dwell_s=-1), "dwell_s", ""),
        (sent(value="3"), "value", ""),
        (sent(currency="euro"), "currency", ""),
        (sent(user={"platform": "shop", "id": "a\tb"}), "user.id", "control"),
        (sent(query="x" * 2_001), "query", ""),
    ],
)
def test_one_bad_event_is_rejected_and_its_neighbours_are_not(
    event: Any, place: str, hint: str
) -> None:
    rows, batch = take(sent(), event, sent(item_id="shop:2"))
    assert rows["index"].to_list() == [0, 2]
    (rejected,) = batch.rejected
    assert (rejected.index, rejected.field) == (1, place)
    assert hint in f"{rejected.error} {rejected.hint}"


@pytest.mark.parametrize(
    "bad",
    [
        [{f"k{n}": 1 for n in range(10_000)}],
        [{f"k{n}": 1 for n in range(20)}] * 490,
        [{name: [] for name in Event.model_fields}] * 490,
        [sent(user={"platform": f"shp{n}", "id": "u"}) for n in range(490)],
    ],
)
def test_however_many_errors_there_are_no_bad_event_is_taken(bad: list[Any]) -> None:
    rows, batch = take(*bad, 5, sent(), *bad[:8])
    assert rows["index"].to_list() == [len(bad) + 1]
    assert len(batch.rejected) == len(bad) + 1 + len(bad[:8])
    assert all(rejected.hint for rejected in batch.rejected)


def test_suggestions_are_made_for_some_and_known_names_named_for_the_rest() -> None:
    _, batch = take(*[{"typ": 1}] * 30)
    hints = [rejected.hint for rejected in batch.rejected]
    assert hints[0] == "Did you mean 'type'?"
    assert "type" in hints[-1]
    assert hints[-1].startswith("Known: ")


def test_a_batch_can_be_judged_again() -> None:
    batch = validate_events([sent(), 7, sent(item_id="video:1")])
    first = clean_batches([batch], PROJECT, KEY)
    assert clean_batches([batch], PROJECT, KEY).equals(first)  # the same ids: kept once
    assert [r.index for r in batch.rejected] == [1, 2]


def test_calls_keep_apart() -> None:
    batches = [
        validate_events([sent()]),
        validate_events([7]),
        validate_events([sent(item_id="shop:2"), sent(time="x")]),
    ]
    rows = clean_batches(batches, PROJECT, KEY)
    assert rows.select("call", "index").rows() == [(0, 0), (2, 0)]
    assert [len(b.rejected) for b in batches] == [0, 1, 1]
    assert clean_batches([EventBatch(), EventBatch()], PROJECT, KEY).height == 0


def test_an_event_inside_a_call_is_its_users() -> None:
    event = InlineEvent(type="view", item_id="shop:1")
    (one,) = validate_inline_events([event], User(platform="shop", id="me")).valid
    assert one[1]["user"] == {"platform": "shop", "id": "me"}
    with pytest.raises(ProblemError, match=r"events\.0\.user"):
        validate_inline_events([event], User(person_id="p_1"))
