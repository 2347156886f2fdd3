"""The figures of an account, and the rules that make it a bot."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

import plait.clean.bots
from plait.clean.bot_figures import measure_accounts
from plait.clean.bots import find_bots
from plait.config.denoise_settings import BotRules
from plait.contracts.store_tables import BOTS

from .test_near_duplicates import history

START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
RULES = {"shop": BotRules()}


def account(times: np.ndarray, items: int = 10**9, nr: int = 0) -> list[dict[str, Any]]:
    """Returns events at `times` (seconds), on `items` items in turn."""
    name = {"nr": nr, "account": f"a{nr}"}
    return [
        {"at": START + at, "object_id": f"shop:{n % items}", **name} for n, at in enumerate(times)
    ]


def every(seconds: float, hours: float) -> np.ndarray:
    return np.arange(0, hours * 3600, seconds)


def poisson(seconds: float, hours: float) -> np.ndarray:
    gaps = np.random.default_rng(0).exponential(seconds, round(hours * 3600 / seconds))
    return gaps.cumsum().round(3)


def reason(events: list[dict[str, Any]], **rules: Any) -> str | None:
    found = find_bots(history(*events), {"shop": BotRules(**rules)})
    return found["reason"].item() if found.height else None


def test_the_figures() -> None:
    times = np.array([0, 60, 120, 240, 240 + 5 * 3600])
    (row,) = measure_accounts(history(*account(times, items=2)), BotRules()).to_dicts()
    gaps = np.array([60, 60, 120])
    assert row["events"] == 5
    assert row["objects"] == 2
    assert row["breadth"] == 0.4
    assert (row["active_hours"], row["events_per_hour"], row["max_per_hour"]) == (2, 2.5, 4)
    assert row["gap_variation"] == pytest.approx(gaps.std() / gaps.mean(), abs=1e-6)
    assert row["longest_hours"] == pytest.approx(240 / 3600, abs=1e-6)
    assert row["hour_entropy"] == pytest.approx(-0.8 * math.log2(0.8) - 0.2 * math.log2(0.2), 1e-5)
    assert row["object_entropy"] == pytest.approx(
        -0.6 * math.log2(0.6) - 0.4 * math.log2(0.4), 1e-5
    )
    assert row["last_time"].timestamp() == START + times[-1]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (every(2, 1.5), "fast_and_regular"),
        (every(300, 48), "sleepless_and_regular"),
        (poisson(300, 72), "sleepless_and_broad"),
    ],
)
def test_each_rule_finds_its_bot(times: np.ndarray, expected: str) -> None:
    assert reason(account(times)) == expected


@pytest.mark.parametrize(
    "times",
    [
        every(2, 0.25),  # too few events
        every(10, 5),  # a playlist: regular, but neither fast nor sleepless
        poisson(2.5, 1),  # fast for an hour, but not regular
        np.concatenate([day * 86_400 + every(90, 16) for day in range(30)]),  # it sleeps
    ],
)
def test_one_signal_is_not_enough(times: np.ndarray) -> None:
    assert reason(account(times)) is None


def test_a_sleepless_account_with_few_objects_is_no_crawler() -> None:
    assert reason(account(poisson(300, 72), items=20)) is None


def test_the_configuration_decides() -> None:
    slow = account(every(300, 48))
    assert reason(slow, remove=False) is None
    assert reason(slow, min_events=577) is None
    assert reason(slow, sleepless_hours=60) is None
    assert reason(slow, pause_hours=0.05) is None
    assert find_bots(history(*slow), {"video": BotRules()}).is_empty()


@pytest.mark.parametrize("resolution", ["day", "order"])
def test_without_exact_times_nobody_is_a_bot(resolution: str) -> None:
    events = [event | {"time_resolution": resolution} for event in account(every(2, 1))]
    assert reason(events) is None


def test_events_all_at_once_are_neither_regular_nor_fast() -> None:
    (row,) = measure_accounts(history(*account(np.zeros(600))), BotRules()).to_dicts()
    assert row["gap_variation"] is None
    assert reason(account(np.zeros(2000))) is None


def test_accounts_are_judged_one_by_one() -> None:
    times = [every(2, 1.5), poisson(300, 72), every(3600, 200), poisson(3, 2) + 7200]
    everyone = history(*(row for nr, each in enumerate(times) for row in account(each, nr=nr)))
    found = find_bots(everyone, RULES)
    assert found["account"].to_list() == ["a0", "a1"]
    assert found.schema == BOTS.polars
    one_person = everyone.sort("time", maintain_order=True)
    assert find_bots(one_person, RULES).equals(found)
    assert pl.concat([find_bots(everyone.filter(nr=nr), RULES) for nr in range(4)]).equals(found)


def persons(seed: int) -> pl.DataFrame:
    """Returns events of four persons with three accounts each, in the order of a history."""
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for nr in range(12):
        n = int(random.integers(20, 200))
        gaps = random.choice([np.ones(n), random.exponential(1, n)]) * random.choice([5, 60, 3000])
        platform = random.choice(["shop", "video"])
        events = account(gaps.cumsum().round(3), int(random.choice([5, 10**9])), nr)
        rows += [event | {"platform": platform, "who": nr // 3} for event in events]
    who = pl.Series("who", [row.pop("who") for row in rows])
    return history(*rows).with_columns(who).sort("who", "time", maintain_order=True)


def test_the_first_look_misses_no_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    easy = {"min_events": 30, "events_per_hour": 40, "sleepless_hours": 6.0, "hour_entropy": 2.0}
    rules = {"shop": BotRules(**easy), "video": BotRules(**easy | {"pause_hours": 0.5})}
    worlds = [persons(seed) for seed in range(20)]
    found = [find_bots(events, rules) for events in worlds]
    monkeypatch.setattr(plait.clean.bots, "_of_suspects", lambda events, _: events)  # all of them
    for events, bots in zip(worlds, found, strict=True):
        assert bots.equals(find_bots(events, rules))
    assert len(set(pl.concat(found)["reason"])) >= 3


def test_each_platform_has_its_own_rules() -> None:
    events = [
        event | {"platform": name, "nr": nr, "account": name}
        for nr, name in enumerate(["shop", "video"])
        for event in account(every(2, 1.5), nr=nr)
    ]
    rules = {"shop": BotRules(min_events=10_000), "video": BotRules()}
    assert find_bots(history(*events), rules)["account"].to_list() == ["video"]
    assert find_bots(history(*events), {"shop": BotRules()})["account"].to_list() == ["shop"]
    off = {"shop": BotRules(remove=False), "video": BotRules(gap_variation=0.0, breadth=1.0)}
    assert find_bots(history(*events), off).height == 1
