"""People who look like bots are kept, and crawlers of several kinds are found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from plait.clean.bots import find_bots
from plait.config.denoise_settings import BotRules

from .test_near_duplicates import history

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
RNG = np.random.default_rng(7)


def sessions(days: int, start: float, hours: float, gap: float, skip: float = 0.0) -> np.ndarray:
    """Returns times of events from `start` o'clock on, on most of `days`, with random gaps."""
    parts = []
    for day in range(days):
        if RNG.random() >= skip:
            gaps = RNG.exponential(gap, round(hours * 3600 / gap))
            parts.append(day * 86_400 + (start + RNG.normal(0, 0.4)) * 3600 + gaps.cumsum())
    return np.sort(np.concatenate(parts)).round(1)


def is_bot(times: np.ndarray, objects: np.ndarray | None = None, **more: Any) -> bool:
    names = np.arange(len(times)) if objects is None else objects
    rows = [
        {"nr": 0, "account": "a0", "at": MIDNIGHT + at, "object_id": f"shop:{name}", **more}
        for at, name in zip(times.tolist(), names.tolist(), strict=True)
    ]
    return find_bots(history(*rows), {"shop": BotRules()}).height > 0


def heartbeats(every: float, hours: float, item_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns times and objects of a player that reports every few seconds."""
    times = np.arange(0, hours * 3600, every)
    return times, (times // item_s).astype(int)


PEOPLE: dict[str, tuple[np.ndarray, np.ndarray | None]] = {
    "night shift": (sessions(60, 23, 9, 150), None),
    "shifts that rotate": (
        np.concatenate([n * 14 * 86_400 + sessions(14, start, 12, 200)
                        for n, start in enumerate((6, 14, 22))]), None,
    ),
    "heavy reader": (sessions(200, 7, 16, 60), None),
    "family, three quiet hours a night": (sessions(40, 5.5, 21, 90), None),
    "family, two quiet hours a night": (
        np.concatenate([sessions(40, 5.0, 22, 180), sessions(40, 17, 5, 90)]), None,
    ),
    "sleepless weekend": (np.concatenate([sessions(60, 18, 4, 120), sessions(1, 0, 40, 60)]), None),
    "import at one time": (np.zeros(20_000), None),
    "import, a row a millisecond": (np.arange(20_000) * 0.001, None),
    "import, a row every 20 ms": (np.arange(20_000) * 0.02, None),
    "import beside real days": (
        np.concatenate([np.arange(5_000) * 0.05, 86_400 + sessions(30, 19, 2, 100)]), None,
    ),
    "only days": (np.repeat(np.arange(1500), 4) * 86_400.0, None),
    "player, reports every 2 s": heartbeats(2, 5, 240),
    "short videos, reports every second": heartbeats(1, 3, 8),
    "scrolls a feed fast": (sessions(30, 20, 2, 2.2), None),
    "music all night": heartbeats(210, 9, 210),
}  # fmt: skip
CRAWLERS: dict[str, np.ndarray] = {
    "a page every 1.5 s": np.arange(0, 3 * 3600, 1.5),
    "polite, random delays": np.cumsum(RNG.uniform(1, 3, 6000)),
    "parallel, many pages a second": np.cumsum(RNG.exponential(0.2, 60_000)),
    "a page every 4 minutes for days": np.arange(0, 96 * 3600, 240.0),
    "random gaps for days": np.cumsum(RNG.exponential(200, 2160)),
    "every night from 2 to 4": np.concatenate([d * 86_400 + 7200 + np.arange(0, 7200, 1.5)
                                               for d in range(20)]),
}  # fmt: skip


@pytest.mark.parametrize("who", PEOPLE)
def test_a_person_is_no_bot(who: str) -> None:
    times, objects = PEOPLE[who]
    assert len(times) >= 150
    assert not is_bot(times, objects)


@pytest.mark.parametrize("who", PEOPLE)
def test_a_platform_with_orders_or_days_alone_has_no_bots(who: str) -> None:
    times, objects = PEOPLE[who]
    assert not is_bot(times[:3000], None if objects is None else objects[:3000],
                      time_resolution="order")  # fmt: skip


@pytest.mark.parametrize("who", CRAWLERS)
def test_a_crawler_is_a_bot(who: str) -> None:
    assert is_bot(CRAWLERS[who])
