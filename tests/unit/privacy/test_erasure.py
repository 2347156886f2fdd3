"""Erasures name ids by hashes, and cover what happened until then."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import polars as pl

from plait.privacy.erased_rows import events_erased, raw_rows_erased, without_erased
from plait.privacy.erasure import Erasures, erasure_rows, person_after

T0 = datetime(2026, 1, 1, tzinfo=UTC)
ME, YOU = "a_0000_" + "1" * 32, "a_0000_" + "2" * 32
LATER = T0 + timedelta(seconds=1)


def of_me() -> Erasures:
    return Erasures(erasure_rows({ME: "shop", "p_1": None}, "x_1", T0))


def test_only_hashes_are_kept_and_they_need_no_key() -> None:
    rows = of_me().rows
    assert rows["erased"][0] == hashlib.sha256(f"plait erased\0{ME}".encode()).hexdigest()
    assert rows["mark"][0] == hashlib.sha1(f"plait erased\0{ME}".encode()).hexdigest()
    assert ME[7:] not in rows.write_json()


def test_what_happened_until_then_is_covered_and_so_is_what_has_no_time() -> None:
    ids = pl.Series([ME, ME, ME, YOU, None])
    times = pl.Series([T0, LATER, None, T0, T0], dtype=pl.Datetime("us", "UTC"))
    assert of_me().covers(ids, times).to_list() == [True, False, True, False, False]
    assert of_me().covers(ids).to_list() == [True, True, True, False, False]
    assert Erasures().covers(ids).to_list() == [False] * 5
    assert of_me().covers(ids.clear()).to_list() == []


def test_the_last_erasure_of_an_id_counts() -> None:
    both = Erasures(pl.concat([erasure_rows({ME: "shop"}, "x_2", LATER), of_me().rows]))
    assert both.find(pl.Series([ME, YOU])).rows() == [(ME, LATER, "x_2")]


def test_an_account_that_comes_back_has_another_person_id_each_time() -> None:
    ids = [pl.select(person_after(pl.lit(ME), pl.lit(r))).item() for r in ("x_1", "x_2")]
    assert len({*ids, f"p_{ME[7:]}"}) == 3
    assert {len(one) for one in ids} == {34}


def test_others_events_about_an_erased_account_are_erased_too() -> None:
    about = [f"shop:{ME}", f"shop:{ME}", f"shop:{YOU}", f"shop:{ME}"]
    rows = pl.DataFrame(
        {"account": [YOU] * 4, "object_kind": ["creator", "creator", "creator", "item"],
         "object_id": about, "time": [T0, LATER, T0, T0]}
    )  # fmt: skip
    assert events_erased(rows, of_me()).to_list() == [True, False, False, False]


def test_quarantined_rows_are_found_by_the_pseudonym_that_they_show() -> None:
    raw = [json.dumps({"account": ME, "item": "1"}), json.dumps({"account": YOU}), "{}", "x", None]
    rows = pl.DataFrame({"raw": raw}, {"raw": pl.String})
    assert raw_rows_erased(rows, of_me()).to_list() == [True, False, False, False, False]


def test_rows_of_the_feedback_log_go_by_their_kind() -> None:
    links = pl.DataFrame(
        {"account_a": [ME, YOU, YOU, ME], "account_b": [YOU, ME, YOU, YOU],
         "apart": [None, None, ME, None], "time": [T0, T0, T0, LATER]}
    )  # fmt: skip
    assert without_erased(links, of_me()).rows() == links[3:].rows()
    assert without_erased(links.drop("apart"), of_me()).height == 2  # of an older plait
    shown = pl.DataFrame(
        {"account": [ME, None, YOU, None], "person": ["p_9", "p_1", "p_1", "p_2"], "time": [T0] * 4}
    )
    left = without_erased(shown, of_me())
    assert left.select("account", "person").rows() == [(YOU, None), (None, "p_2")]
    assert without_erased(shown, Erasures()).equals(shown)
