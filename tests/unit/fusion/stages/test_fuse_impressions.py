"""What was shown becomes a table of the version, joined to what it led to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import plait.fusion.stages.find_inputs
from plait.clean.clean_events import clean_events
from plait.clean.event_dialect import EventDialect
from plait.contracts.event_rows import RAW_SCHEMA
from plait.contracts.store_tables import IMPRESSIONS
from plait.fusion.stages.find_inputs import find_inputs
from plait.live.stream_entries import decode_links, encode_link
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.store.feedback.compaction import compact
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.feedback.log_listing import list_log
from plait.store.feedback.log_paths import IMPRESSIONS_FOLDER
from plait.store.roll_back import roll_back
from plait.store.store_objects import remove_objects
from tests.unit.fusion.small import NOW, Fuse, Fused, copy_fused, fuse_in, platform

LOG = "id,user,item,time\n1,ann,i1,1700000000\n2,bob,i1,1700000100\n"
AT = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module", params=[4], ids=["4 buckets"])
def once_fused(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int]:
    """The folder of a fused project, and its number of buckets."""
    folder, buckets = tmp_path_factory.mktemp("fused"), request.param
    (folder / "shop.csv").write_text(LOG)
    (folder / "video.csv").write_text("id,user,item,time\n3,cid,c1,1700000150\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: buckets)
        _again(partial(fuse_in, folder))
    return folder, buckets


@pytest.fixture
def fused(
    once_fused: tuple[Path, int], folder: Path, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> Fused:
    once, buckets = once_fused
    monkeypatch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: buckets)
    return copy_fused(once, folder, lambda: _again(fuse_here))


def _again(fuse_here: Fuse, **more: object) -> Fused:
    columns = {"event_id": "id"}
    return fuse_here({n: platform(f"{n}*.csv", columns=columns) for n in ("shop", "video")}, **more)


def _account(fused: Fused, who: str, on: str = "shop") -> str:
    return str(account_pseudonym(pl.Series([who]), load_key(fused.project), on)[0])


def _show(fused: Fused, name: str, answer: str, *items: str, **more: Any) -> None:
    told = {"account": _account(fused, "ann"), "platform_of_account": "shop", "person": "p_x"}
    rows = pl.DataFrame(
        {
            "recommendation_id": answer, "item_id": items, "position": range(1, len(items) + 1),
            "platform": "shop", "time": AT, "score": 0.5, "propensity": 1.0,
            "variant": "current", "model": "default", "model_version": "v1",
        }
    )  # fmt: skip
    who = (pl.lit(value, pl.String).alias(column) for column, value in (told | more).items())
    FeedbackLog(fused.store).write_impressions(rows.with_columns(who), name)


def _post(fused: Fused, name: str, *events: dict[str, Any]) -> None:
    """Writes events of ann's, a minute after AT each, to the feedback log."""
    sent = [
        {"row": n, "account": "ann", "time": (AT + timedelta(minutes=n + 1)).isoformat()}
        | {key: value for key, value in event.items() if key != "of"}
        for n, event in enumerate(events)
    ]
    raw = pl.DataFrame(sent, schema=RAW_SCHEMA)
    clean, _ = clean_events(raw, "shop", EventDialect(), load_key(fused.project), NOW)
    named = pl.Series([event.get("of") for event in events], dtype=pl.String)
    FeedbackLog(fused.store).write_events(clean.with_columns(recommendation_id=named), name)


def _led_to(fused: Fused) -> list[tuple[Any, ...]]:
    table = fused.impressions.sort("recommendation_id", "position")
    return table.select("recommendation_id", "item", "events", "strength", "first_time").rows()


def _same(one: Fused, two: Fused) -> None:
    first, second = (f.impressions.sort("recommendation_id", "position") for f in (one, two))
    assert first.equals(second)


def test_a_store_without_impressions_has_the_table_and_counts_none(fused: Fused) -> None:
    assert fused.impressions.schema == pl.Schema(IMPRESSIONS.polars)
    assert fused.impressions.is_empty()
    assert "impressions" not in fused.version.counts


def test_what_was_shown_knows_what_it_led_to(fused: Fused, fuse_here: Fuse) -> None:
    _show(fused, "a", "r1", "shop:i1", "shop:i2")
    _show(fused, "b", "r2", "shop:i1")
    _post(
        fused, "1-0_2-0",
        {"item": "i1", "type": "view", "of": "r1"},
        {"item": "i1", "type": "dislike", "of": "r1"},
        {"item": "i1", "type": "view", "of": "gone"},  # names an answer that nobody wrote
        {"item": "i3", "type": "view", "of": "r1"},  # was not in that answer
        {"query": "i2", "type": "search", "of": "r1"},
        {"item": "i2", "type": "view"},
    )  # fmt: skip
    now = _again(fuse_here)
    strength = now.events.filter(type="dislike")["strength"][0]
    assert strength == -1
    assert _led_to(now) == [
        ("r1", "shop:i1", 2, -1, AT + timedelta(minutes=1)),
        ("r1", "shop:i2", 0, None, None),
        ("r2", "shop:i1", 0, None, None),
    ]
    assert now.version.counts["impressions"] == 3
    # An impression is no row of a log: what went in is what came out without it.
    assert now.platform("shop")["rows"] == now.platform("shop")["events"] == 8
    person = now.accounts.filter(account=_account(now, "ann"))["person"][0]
    assert set(now.impressions["person"]) == {person}
    assert set(now.impressions["person_served"]) == {"p_x"}
    assert now.impressions["platform_of_account"].unique().to_list() == ["shop"]


@pytest.mark.parametrize("first", ["impression", "event"])
def test_either_may_come_a_fuse_later(fused: Fused, fuse_here: Fuse, first: str) -> None:
    def show() -> None:
        _show(fused, "a", "r1", "shop:i1")

    def post() -> None:
        _post(fused, "1-0_2-0", {"item": "i1", "type": "view", "of": "r1"})

    for come in (show, post) if first == "impression" else (post, show):
        come()
        part = _again(fuse_here)
        assert part.version.run["mode"] == "incremental"
    assert [row[2] for row in _led_to(part)] == [1]
    _same(part, _again(fuse_here, full=True))


def test_impressions_alone_are_new_and_are_read_once(fused: Fused, fuse_here: Fuse) -> None:
    _show(fused, "a", "r1", "shop:i1")
    first = _again(fuse_here)
    assert (first.version.number, first.version.run["files"]) == (2, 1)
    assert _again(fuse_here).version.run["mode"] == "none"
    compact(fused.store, least=1)
    assert _again(fuse_here).version.run["mode"] == "none"
    _show(fused, "b", "r2", "shop:i1")
    part = _again(fuse_here)
    assert [row[0] for row in _led_to(part)] == ["r1", "r2"]
    _same(part, _again(fuse_here, full=True))


def test_objects_that_a_retry_wrote_twice_are_one(fused: Fused, fuse_here: Fuse) -> None:
    for name in ("a", "b"):
        _show(fused, name, "r1", "shop:i1", "shop:i2")
    assert len(_led_to(_again(fuse_here))) == 2
    _show(fused, "c", "r1", "shop:i1", "shop:i2")
    assert len(_led_to(_again(fuse_here))) == 2


def test_an_event_that_a_log_repeats_still_names_its_answer(
    fused: Fused, fuse_here: Fuse, folder: Path
) -> None:
    _show(fused, "a", "r1", "shop:i1")
    _post(fused, "1-0_2-0", {"item": "i1", "type": "purchase", "of": "r1", "event_id": "9"})
    seconds = int((AT + timedelta(hours=1)).timestamp())
    (folder / "shop-2.csv").write_text(f"id,user,item,time\n9,ann,i1,{seconds}\n")
    now = _again(fuse_here)
    assert now.platform("shop")["superseded"] == 1
    assert _led_to(now) == [("r1", "shop:i1", 1, 1, AT + timedelta(hours=1))]


def test_a_person_is_who_the_version_says(fused: Fused, fuse_here: Fuse) -> None:
    ann, cid = (fused.accounts.filter(account=a)["person"][0]
                for a in (_account(fused, "ann"), _account(fused, "cid", "video")))  # fmt: skip
    nobody = {"account": None, "platform_of_account": None}
    _show(fused, "a", "r1", "shop:i1")
    _show(fused, "b", "r2", "shop:i1", **nobody, person=cid)
    _show(fused, "c", "r3", "shop:i1", **nobody, person="p_stranger")
    _show(fused, "d", "r4", "shop:i1", account=_account(fused, "eve"), person=ann)

    def people(now: Fused) -> list[str | None]:
        return now.impressions.sort("recommendation_id")["person"].to_list()

    assert people(_again(fuse_here)) == [ann, cid, None, None]
    ends = (_account(fused, "ann"), "shop"), (_account(fused, "cid", "video"), "video")
    FeedbackLog(fused.store).write_links(decode_links([encode_link(*ends, AT)]), "1-0_1-0")
    joined = _again(fuse_here)
    survivor = joined.accounts.filter(account=_account(fused, "ann"))["person"][0]
    assert survivor in (ann, cid)
    assert people(joined) == [survivor, survivor, None, None]
    _same(joined, _again(fuse_here, full=True))


def test_impressions_that_were_removed_are_gone(fused: Fused, fuse_here: Fuse) -> None:
    _show(fused, "a", "r1", "shop:i1")
    _show(fused, "b", "r2", "shop:i1")
    _again(fuse_here)
    store = fused.store
    remove_objects(store.objects, [f"{IMPRESSIONS_FOLDER}/a.parquet"])
    now = _again(fuse_here)
    assert now.version.run["mode"] == "incremental"
    assert [row[0] for row in _led_to(now)] == ["r2"]
    assert len(list_log(store, IMPRESSIONS_FOLDER).paths) == 1


def test_a_rollback_takes_them_up_again(fused: Fused, fuse_here: Fuse) -> None:
    _show(fused, "a", "r1", "shop:i1")
    _post(fused, "1-0_2-0", {"item": "i1", "type": "view", "of": "r1"})
    now = _again(fuse_here)
    roll_back(fused.store, 1)
    assert fused.store.read("impressions").is_empty()
    _same(now, _again(fuse_here))


def test_events_that_may_name_an_answer_count_for_the_buckets(
    folder: Path, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("shop", "video"):
        (folder / f"{name}.csv").write_text(LOG)
    fused = _again(fuse_here)
    _show(fused, "a", "r1", "shop:i1")
    before = find_inputs(fused.project, fused.store)
    monkeypatch.setattr(
        plait.fusion.stages.find_inputs, "BUCKET_BYTES", 60 * before.impressions.bytes
    )
    assert before.impression_buckets(0) == 1
    for n in range(30):  # of answers that are no longer kept, or never were
        _post(fused, f"{n}-0_{n}-9", {"item": "i1", "type": "view", "of": f"r{n}"})
    after = find_inputs(fused.project, fused.store)
    assert after.impressions == before.impressions
    assert after.impression_buckets(0) > 1
