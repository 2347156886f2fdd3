"""Posted events that repeat another one within seconds are in no history."""

from __future__ import annotations

from typing import Any

import polars as pl

from plait.live.codec import NULL_INT64
from plait.live.live_noise import drop_near_duplicates

WINDOW = {"shop": 2.0}
STEP: dict[str, Any] = {"person": 0, "posted": True, "platform": "shop", "item": "shop:1"} | {
    "type": "view", "strength": 0.3,
}  # fmt: skip


def kept(*steps: dict[str, Any], seconds: dict[str, float] = WINDOW) -> list[str]:
    rows = [STEP | {"event_id": str(n)} | step for n, step in enumerate(steps)]
    frame = pl.DataFrame([row | {"time": row["at"]} for row in rows]).with_columns(
        time=pl.when(pl.col("at") != NULL_INT64).then(pl.col("at") * 1_000_000).otherwise("at")
    )
    return drop_near_duplicates(frame, seconds)["event_id"].to_list()


def test_a_repeat_within_seconds_is_dropped() -> None:
    assert kept({"at": 0}, {"at": 1}, {"at": 3}) == ["0", "2"]


def test_what_differs_stays() -> None:
    at = {"at": 1}
    others = [{"item": "shop:2"}, {"type": "play"}, {"person": 1}]
    for other in others:
        assert kept({"at": 0}, at | other) == ["0", "1"]


def test_ratings_are_compared_by_their_strength_and_the_longest_dwell_stays() -> None:
    rate = {"at": 0, "type": "rate"}
    assert kept(rate, rate | {"strength": 1.0}) == ["0", "1"]
    assert kept({"at": 0}, {"at": 1, "strength": 0.5}) == ["1"]


def test_what_the_base_holds_stays_and_is_compared_with_nothing() -> None:
    old = {"at": 0, "posted": False}
    assert kept(old, old, {"at": 0}) == ["0", "1", "2"]


def test_events_without_a_time_stay() -> None:
    never = {"at": NULL_INT64}
    assert kept(never, never) == ["0", "1"]


def test_the_platform_s_setting_counts() -> None:
    twice = ({"at": 0}, {"at": 1})
    assert kept(*twice, seconds={"shop": 0.0}) == ["0", "1"]
    assert kept(*twice, seconds={}) == ["0", "1"]
