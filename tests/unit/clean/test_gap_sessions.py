"""Sessions are made where a log names none, and can be taken away again."""

from __future__ import annotations

import polars as pl

from plait.clean.gap_sessions import drop_made_sessions, make_sessions

from .test_near_duplicates import history

HALF_HOUR = {"shop": 30.0}


def test_a_gap_ends_a_session() -> None:
    events = history({"at": 0}, {"at": 1800}, {"at": 3600.1}, {"at": 10, "nr": 1, "account": "b"})
    made = make_sessions(events, HALF_HOUR)["session"].to_list()
    assert made[0] == made[1] != made[2]
    assert len(set(made)) == 3


def test_an_account_with_a_session_of_its_own_is_left_alone() -> None:
    events = history({"at": 0, "session": "s_1"}, {"at": 10}, {"at": 20, "nr": 1})
    made = make_sessions(events, HALF_HOUR)["session"].to_list()
    assert made[:2] == ["s_1", None]
    assert made[2] is not None


def test_other_platforms_and_times_that_are_not_exact_get_none() -> None:
    events = history({"at": 0, "time_resolution": "day"}, {"at": 0, "platform": "video", "nr": 1})
    assert make_sessions(events, HALF_HOUR)["session"].null_count() == 2
    assert make_sessions(events, {}).equals(events)


def test_made_sessions_are_dropped_and_made_again() -> None:
    events = history(*({"at": n * 1000, "account": "a"} for n in range(5)), {"at": 0, "nr": 1})
    made = make_sessions(events, HALF_HOUR)
    assert drop_made_sessions(made).equals(events)
    assert make_sessions(drop_made_sessions(made), HALF_HOUR).equals(made)
    given = events.with_columns(session=pl.lit("s_0000_1"))
    assert drop_made_sessions(given).equals(given)
