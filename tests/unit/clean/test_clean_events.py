"""The row kernel: what becomes of every kind of row."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from plait.clean.clean_events import clean_events
from plait.clean.clock_skew import ReceiptTime
from plait.clean.content_id import content_id
from plait.clean.event_dialect import EventDialect
from plait.config.event_settings import Events
from plait.config.platform_settings import Platform
from plait.config.source_settings import NULL_WORDS
from plait.contracts.event_rows import NO_FLAG, RAW_SCHEMA
from plait.contracts.event_types import EVENT_STRENGTHS
from plait.contracts.store_tables import EVENTS
from plait.errors import UnknownEventType
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym

KEY = PseudonymKey("k" * 64)
NOW = datetime(2025, 1, 1, tzinfo=UTC)
GOOD = {"account": "ann", "item": "i1", "time": "1700000000", "type": "purchase"}
SECONDS = EventDialect(unit="s", resolution="s")


def _dialect(events: Events) -> EventDialect:
    return EventDialect.of("platforms.shop.events", events, Platform(events=[events]))


def _raw(*rows: dict[str, Any]) -> pl.DataFrame:
    full = [{"row": n} | row for n, row in enumerate(rows, 1)]
    return pl.DataFrame(full, schema=RAW_SCHEMA)


def _clean(
    *rows: dict[str, Any], rules: EventDialect = SECONDS
) -> tuple[pl.DataFrame, pl.DataFrame]:
    return clean_events(_raw(*rows), "shop", rules, KEY, NOW)


def test_a_good_row_becomes_a_contract_row() -> None:
    row = GOOD | {"value": "9.5", "currency": "eur", "rating": "4", "dwell": "3", "session": "s"}
    events, rejected = _clean(row)
    assert rejected.height == 0
    assert events.columns == [name for name in EVENTS.columns if name != "person"]
    found = events.row(0, named=True)
    assert found["platform"] == "shop"
    assert found["account"] == account_pseudonym(pl.Series(["ann"]), KEY, "shop")[0]
    assert (found["object_kind"], found["object_id"]) == ("item", "shop:i1")
    assert found["time"] == datetime.fromtimestamp(1_700_000_000, UTC)
    assert (found["value"], found["currency"], found["rating"]) == (9.5, "EUR", 4.0)
    assert found["strength"] == EVENT_STRENGTHS["purchase"]
    assert found["session"].startswith("s_")
    assert len(found["event_id"]) == 32
    assert EVENTS.conform(events.with_columns(person=pl.lit("p"))).height == 1


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"account": None}, "null_account", "account"),
        ({"account": ""}, "null_account", "account"),
        ({"account": "a\nb"}, "bad_id", "account"),
        ({"account": "a" * 10_000}, "bad_id", "account"),
        ({"item": None}, "null_object", "item"),
        ({"item": "x\x00"}, "bad_id", "item"),
        ({"item": "i" * 513}, "bad_id", "item"),
        ({"type": "heartbeat"}, "unknown_type", "type"),
        ({"type": None}, "unknown_type", "type"),
        ({"time": "yesterday"}, "bad_time", "time"),
        ({"time": None}, "bad_time", "time"),
        ({"time": "1e400"}, "future_time", "time"),
        ({"time": "nan"}, "bad_time", "time"),
        ({"time": "4102444800"}, "future_time", "time"),
        ({"time": "99999999999999999999999999"}, "future_time", "time"),
        ({"time": "9223372036854775807"}, "future_time", "time"),
        ({"time": "0"}, "ancient_time", "time"),
        ({"time": "-9223372036854775807"}, "ancient_time", "time"),
        ({"order": "first"}, "bad_order", "order"),
        ({"value": "cheap"}, "bad_number", "value"),
        ({"value": "inf"}, "bad_number", "value"),
        ({"rating": "-inf"}, "bad_number", "rating"),
        ({"dwell": "-1"}, "bad_number", "dwell"),
        ({"dwell": "86401"}, "long_dwell", "dwell"),
        ({"value": "1,234"}, "bad_number", "value"),
        ({"account": "NA"}, "null_account", "account"),
        ({"item": " undefined "}, "null_object", "item"),
        ({"time": "null"}, "bad_time", "time"),
        ({"type": "-"}, "unknown_type", "type"),
        ({"account": '{"id": 7}'}, "nested_value", "account"),
        ({"item": '["a", "b"]'}, "nested_value", "item"),
        ({"item": " {}"}, "nested_value", "item"),
        ({"type": '["buy"]'}, "nested_value", "type"),
        ({"event_id": "[1]"}, "nested_value", "event_id"),
        ({"session": "[]"}, "nested_value", "session"),
        ({"currency": "euros"}, "bad_currency", "currency"),
        ({"event_id": "a\tb"}, "bad_id", "event_id"),
        ({"session": "s\x7f"}, "bad_id", "session"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason(
    change: dict[str, Any], reason: str, field: str
) -> None:
    events, rejected = _clean(GOOD, GOOD | change, GOOD)
    assert events.height == 2
    assert rejected.select("row", "reason", "field").rows() == [(2, reason, field)]
    (value,) = rejected["value"]
    given = (change[field] or "").strip()
    if given in NULL_WORDS:
        assert value == given
    elif field in ("account", "session", "event_id"):
        assert value is None
    else:
        assert value in (given, None) or len(value) == 512


def test_what_looks_like_nothing_or_like_json_may_be_a_title_or_a_query() -> None:
    rows = [GOOD | {"item": "[Live] Song"}, GOOD | {"item": "Nancy"}, GOOD | {"item": "{a}"}]
    search = {"account": "ann", "time": "1700000000", "type": "search", "query": "null"}
    events, rejected = _clean(*rows, search, GOOD | {"dwell": "86400", "rating": "n/a"})
    assert rejected.height == 0
    assert events["object_id"].to_list()[:3] == ["shop:[Live] Song", "shop:Nancy", "shop:{a}"]
    assert events.select("query_text", "dwell_s", "rating").rows()[3:] == [
        ("null", None, None),
        (None, 86_400.0, None),
    ]


def test_ids_are_trimmed_and_their_inner_blanks_stay() -> None:
    padded = {name: f" {value}\t" for name, value in GOOD.items()}
    ids = {"event_id": "e 1", "session": "s 1", "item": "i 1", "currency": "EUR", "value": "1"}
    events, rejected = _clean(
        GOOD | ids, padded | {name: f"  {value} " for name, value in ids.items()}
    )
    assert rejected.height == 0
    first, second = events.rows()
    assert first == second
    assert events["object_id"][0] == "shop:i 1"
    unseen = {name: f"\ufeff{ids[name]}\u200b\u00a0" for name in ("event_id", "session", "item")}
    assert _clean(GOOD | ids | unseen)[0].rows() == [first]


def test_null_words_are_those_of_the_log_and_are_told() -> None:
    rows = [
        GOOD | {"item": "NA", "topic": "t", "rating": "?"},
        GOOD | {"item": "?", "topic": "t"},
        GOOD,
    ]
    notes: Counter[str] = Counter()
    rules = EventDialect(unit="s", null_words=frozenset(["?"]))
    events, _ = clean_events(_raw(*rows), "shop", rules, KEY, NOW, notes=notes)
    assert events["object_id"].to_list() == ["shop:NA", "shop:t", "shop:i1"]
    assert +notes == {"null_word:item": 1, "null_word:rating": 1}
    named = EventDialect(unit="s", types={"-": "view"})
    assert _clean(GOOD | {"type": "-"}, rules=named)[0]["type"].to_list() == ["view"]
    alike = EventDialect(unit="s", types={"none": "view"}, ignore_case=True)
    assert _clean(GOOD | {"type": "None"}, rules=alike)[0]["type"].to_list() == ["view"]


def test_times_without_an_offset_are_told_unless_their_zone_is_named() -> None:
    rows = [GOOD | {"time": "2024-07-01T10:00:00"}, GOOD | {"time": "2024-07-01T10:00:00Z"}]
    for named, told in ((False, 1), (True, 0)):
        notes: Counter[str] = Counter()
        rules = EventDialect(zone="Europe/Berlin", zone_named=named)
        events, _ = clean_events(_raw(*rows), "shop", rules, KEY, NOW, notes=notes)
        assert [time.hour for time in events["time"]] == [8, 10]
        assert notes["naive_time"] == told


def test_numbers_have_the_decimal_mark_of_the_log() -> None:
    row = GOOD | {"value": "1.234,50 €", "dwell": "2,5", "rating": "4"}
    (found,) = (
        _clean(row, rules=EventDialect(unit="s", decimal=","))[0]
        .select("value", "dwell_s", "rating")
        .rows()
    )
    assert found == (1234.5, 2.5, 4.0)


def test_a_dialect_has_what_the_project_file_says() -> None:
    raw = {
        "files": "a",
        "columns": {"account": "u", "time": "t"},
        "type": {"column": "c", "map": {" BUY ": "purchase", "Login": None}, "ignore_case": True},
        "time": {"unit": "%d.%m.%Y", "zone": "Europe/Berlin"},
        "nulls": ["?"],
        "decimal": ",",
    }
    rules = _dialect(Events.model_validate(raw))
    assert (rules.types, rules.unwanted) == ({"buy": "purchase"}, {"login"})
    assert (rules.zone, rules.zone_named, rules.decimal) == ("Europe/Berlin", True, ",")
    assert rules.null_words == {"?"}
    row = {"account": "ann", "item": "i1", "time": "31.01.2024"}
    events, rejected = _clean(
        *(row | {"type": t} for t in ("buy", "Buy", "VIEW", "x")), rules=rules
    )
    assert events["type"].to_list() == ["purchase", "purchase", "view"]
    assert rejected["reason"].to_list() == ["unknown_type"]
    flags = raw | {"type": {"flags": {"clicked": "click"}}}
    rules = _dialect(Events.model_validate(flags))
    assert (rules.types, rules.unwanted) == ({"clicked": "click"}, {NO_FLAG})


def test_tomorrow_is_allowed_for_wrong_clocks_but_not_the_day_after() -> None:
    near = str(int((NOW + timedelta(hours=23)).timestamp()))
    far = str(int((NOW + timedelta(hours=25)).timestamp()))
    events, rejected = _clean(GOOD | {"time": near}, GOOD | {"time": far})
    assert events.height == 1
    assert rejected["reason"].to_list() == ["future_time"]


def test_the_first_fault_is_named() -> None:
    _, rejected = _clean({"account": None, "item": None, "time": "x", "type": "y"})
    assert rejected["reason"].to_list() == ["null_account"]


@pytest.mark.parametrize(
    ("row", "kind", "object_id", "query"),
    [
        ({"type": "search", "query": " red\nshoes "}, "query", None, "red shoes"),
        ({"type": "search", "query": "red", "item": "i1"}, "query", None, "red"),
        ({"type": "follow", "creator": "c1"}, "creator", "shop:c1", None),
        ({"type": "post", "topic": "t1"}, "topic", "shop:t1", None),
        ({"type": "share", "item": "i1", "topic": "t1"}, "item", "shop:i1", None),
        ({"type": "view", "item": "i1", "query": "red"}, "item", "shop:i1", "red"),
    ],
)
def test_only_an_item_event_needs_an_item(
    row: dict[str, str], kind: str, object_id: str | None, query: str | None
) -> None:
    others = [GOOD | {"topic": "t", "creator": "c", "query": "q"}]
    events, rejected = _clean({"account": "ann", "time": "1700000000"} | row, *others)
    assert rejected.height == 0
    assert events.row(0, named=True)["object_kind"] == kind
    assert events.row(0, named=True)["object_id"] == object_id
    assert events.row(0, named=True)["query_text"] == query


def test_an_event_about_nothing_is_rejected() -> None:
    _, rejected = _clean(GOOD | {"item": None}, GOOD | {"item": None, "topic": "t"})
    assert rejected.select("row", "reason").rows() == [(1, "null_object")]


def test_a_log_that_knows_only_the_order() -> None:
    rules = EventDialect(unit="s", resolution="order", type="purchase")
    events, rejected = clean_events(
        _raw({"account": "a", "item": "i", "order": "3.0"}, {"account": "a", "item": "i"}),
        "shop", rules, KEY, NOW,
    )  # fmt: skip
    assert events.select("time", "order", "time_resolution").rows() == [(None, 3, "order")]
    assert rejected["reason"].to_list() == ["bad_order"]


def test_types_are_mapped_and_plaits_own_words_need_no_map() -> None:
    rules = EventDialect(unit="s", types={"BUY": "purchase"})
    events, _ = _clean(GOOD | {"type": "BUY"}, GOOD | {"type": "view"}, rules=rules)
    assert events["type"].to_list() == ["purchase", "view"]
    assert events["strength"].to_list() == [EVENT_STRENGTHS["purchase"], EVENT_STRENGTHS["view"]]


def test_repeats_share_an_id_and_any_difference_changes_it() -> None:
    changes: list[dict[str, Any]] = [
        {}, {"account": "bob"}, {"item": "i2"}, {"type": "view"}, {"time": "1700000001"},
        {"order": "1"}, {"value": "1"}, {"value": "1", "currency": "EUR"}, {"dwell": "1"},
        {"rating": "1"}, {"session": "1"}, {"query": "v1"},
    ]  # fmt: skip
    rows = [GOOD | change for change in changes]
    events, rejected = _clean(*rows, *rows)
    assert rejected.height == 0
    ids = events["event_id"].to_list()
    assert ids[: len(rows)] == ids[len(rows) :]
    assert len(set(ids)) == len(rows)


def test_an_id_does_not_depend_on_the_other_rows_or_on_how_a_value_is_written() -> None:
    (alone,) = _clean(GOOD)[0]["event_id"]
    other = GOOD | {"time": "1700000000.0", "account": "ann"}
    noise = {"account": "zoe", "item": "z", "type": "view", "time": "1600000000", "order": "7",
             "value": "3", "query": "q", "rating": "2"}  # fmt: skip
    mixed = _clean(noise, other, GOOD)[0]["event_id"].to_list()
    assert mixed[1:] == [alone, alone]
    iso = EventDialect(types={})
    (posted,) = _clean(GOOD | {"time": "2023-11-14T22:13:20Z"}, rules=iso)[0]["event_id"]
    assert posted == alone


def test_a_given_id_is_one_event_of_its_account() -> None:
    given = GOOD | {"event_id": "ann-1"}
    events, _ = _clean(given, given | {"item": "i2"}, given | {"account": "bob"}, GOOD)
    first, same, others, none = events["event_id"]
    assert first == same != others
    assert none == content_id(events)[3]
    assert re.fullmatch(rf"e_{KEY.id}_[0-9a-f]{{32}}", first)
    (elsewhere,) = clean_events(_raw(given), "video", SECONDS, KEY, NOW)[0]["event_id"]
    (under_another_key,) = clean_events(_raw(given), "shop", SECONDS, PseudonymKey("q" * 64), NOW)[
        0
    ]["event_id"]
    assert len({first, elsewhere, under_another_key}) == 3


def test_a_creator_that_is_an_account_has_the_pseudonym_of_the_account() -> None:
    rules = EventDialect(unit="s", resolution="s", creators="accounts")
    follow = {"account": "bob", "creator": "ann", "type": "follow", "time": "1700000000"}
    events, _ = _clean(GOOD, follow, rules=rules)
    assert events["object_id"].to_list() == ["shop:i1", f"shop:{events['account'][0]}"]


@pytest.mark.parametrize("ahead", [1, 59, 60, 61, 3600, 20 * 3600, 86_399, 86_400])
@pytest.mark.parametrize("early", [0, 3600])
def test_no_event_is_later_than_its_receipt(ahead: int, early: int) -> None:
    at = datetime(2024, 6, 1, tzinfo=UTC)
    receipt = ReceiptTime(at, timedelta(seconds=early))
    stamps = [at - timedelta(seconds=1), at, at + timedelta(seconds=ahead)]
    rows = [GOOD | {"time": str(int(stamp.timestamp()))} for stamp in stamps]
    events, rejected = clean_events(_raw(*rows), "shop", SECONDS, KEY, NOW, receipt)
    assert not rejected.height
    assert events["stamped"].to_list() == [None, None, stamps[2]]
    assert events["time"][:2].to_list() == stamps[:2]
    before = timedelta(seconds=early if ahead > 60 else 0)
    assert timedelta(0) <= at - before - events["time"][2] < timedelta(milliseconds=100)
    honest, _ = clean_events(_raw(*rows), "shop", SECONDS, KEY, NOW, ReceiptTime(NOW))
    assert honest["time"].to_list() == stamps
    assert honest["event_id"].to_list() == events["event_id"].to_list()


def test_wrong_stamps_keep_their_order_and_an_untrusted_receipt_changes_none() -> None:
    at = datetime(2024, 6, 1, tzinfo=UTC)
    hours = (20, 2, 23, 5)
    rows = [GOOD | {"time": str(int((at + timedelta(hours=h)).timestamp()))} for h in hours]
    events, _ = clean_events(_raw(*rows), "shop", SECONDS, KEY, NOW, ReceiptTime(at))
    assert events.sort("time")["stamped"].to_list() == sorted(events["stamped"])
    unpacked = ReceiptTime(datetime(1980, 1, 1, tzinfo=UTC), timedelta(hours=1))
    events, rejected = clean_events(_raw(*rows), "shop", SECONDS, KEY, NOW, unpacked)
    assert (events["stamped"].null_count(), rejected.height) == (4, 0)


def test_no_row_and_only_bad_rows() -> None:
    for rows in ((), ({"account": None},)):
        events, rejected = _clean(*rows)
        assert events.height == 0
        assert rejected.height == len(rows)


def test_a_type_outside_the_vocabulary_in_the_project_file_names_the_nearest() -> None:
    columns = {"account": "u", "time": "t"}
    wrong = Events.model_validate({"files": "a", "columns": columns, "type": "purchas"})
    with pytest.raises(UnknownEventType, match=r"Did you mean 'purchase'.*type: purchase"):
        EventDialect.of("platforms.shop.events", wrong, Platform(events=[wrong]))
    mapped = {"column": "c", "map": {"BUY": "bought"}}
    wrong = Events.model_validate({"files": "a", "columns": columns, "type": mapped})
    with pytest.raises(UnknownEventType, match=r"platforms\.shop\.events\.type\.map\.BUY"):
        EventDialect.of("platforms.shop.events", wrong, Platform(events=[wrong]))


@pytest.mark.parametrize(
    ("scale", "rating", "strength"),
    [
        ((1, 5), "1", -1.0),
        ((1, 5), "2", -0.5),
        ((1, 5), "3", 0.6),
        ((1, 5), "4", 0.8),
        ((1, 5), "5", 1.0),
        ((1, 5), "0", -1.0),
        ((1, 5), "80", 1.0),
        ((0, 1), "1", 1.0),
        ((0, 1), "0", -1.0),
        ((6, 1), "5", -0.6),
        ((6, 1), "1", 1.0),
        ((1, 5), None, EVENT_STRENGTHS["rate"]),
    ],
)
def test_a_rating_says_more_than_that_something_was_rated(
    scale: tuple[float, float], rating: str | None, strength: float
) -> None:
    ends = {"worst": scale[0], "best": scale[1]}
    row = GOOD | {"type": "rate", "rating": rating}
    mixed = EventDialect(unit="s", resolution="s", **ends)
    events, _ = _clean(row, GOOD | {"rating": "1"}, rules=mixed)
    assert events["strength"].to_list() == pytest.approx([strength, EVENT_STRENGTHS["purchase"]])
    fixed = EventDialect(unit="s", resolution="s", type="rate", **ends)
    assert _clean(row, rules=fixed)[0]["strength"].to_list() == pytest.approx([strength])


def test_the_scale_of_ratings_is_the_project_files() -> None:
    raw = {"files": "x", "columns": {"account": "a", "item": "i", "time": "t"}, "type": "rate"}
    events = Events.model_validate(raw | {"rating_scale": {"worst": 0, "best": 10}})
    for rules in (
        EventDialect.of("platforms.shop.events", events, Platform(events=[events])),
        EventDialect.spoken(Platform(events=[events])),
    ):
        assert (rules.worst, rules.best) == (0, 10)
    assert EventDialect.spoken(Platform(events=[events])).type is None
    with pytest.raises(ValueError, match="two different ends"):
        Events.model_validate(raw | {"rating_scale": {"worst": 5}})
