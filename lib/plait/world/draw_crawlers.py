"""Draws crawlers: accounts of programs, of three kinds, whose events are noise in the logs."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from plait.world.draw_events import ACTS
from plait.world.draw_people import draw_account_ids

_DAYS_BEFORE_END = 30  # crawlers begin at some time in the last days of the span

# Per kind: platform, mean seconds between events, hours, share of the mean by which gaps differ
# (null: gaps without memory), and whether it also asks for ids that are not in the catalogue.
_KINDS: dict[str, tuple[str, float, float, float | None, bool]] = {
    "fast": ("shop", 1.5, 3.0, 0.2, False),
    "slow_and_regular": ("news", 240.0, 96.0, 0.1, False),
    "broad_scraper": ("video", 200.0, 120.0, None, True),
}


def draw_crawlers(
    seed: int, items: pl.DataFrame, known: set[str], end: datetime
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns one crawler of each kind, and their events.

    The crawlers have the columns platform, account, kind. The events have those of draw_events;
    `person` is -1. They are drawn apart from the world, which is the same without them.

    Args:
        seed: the seed of the world.
        items: the world's items.
        known: account ids that people have.
        end: the time (UTC) at which the logs end.
    """
    rng = np.random.default_rng([seed, 24])
    crawlers, events = [], []
    for kind, (platform, mean, hours, spread, beyond) in _KINDS.items():
        account = next(a for a in draw_account_ids(rng, platform, 50).tolist() if a not in known)
        crawlers.append((platform, account, kind))
        times = _times(rng, end, mean, hours, spread)
        catalogue = items.filter(platform=platform)["item"].to_numpy()
        item = catalogue[np.arange(len(times)) % len(catalogue)].astype(object)
        if beyond:  # it counts through ids, of which many are gone
            item = item + np.where(np.arange(len(times)) < len(catalogue), "", "-old")
            late = np.arange(len(times)) // len(catalogue)
            item = item + np.where(late > 1, late.astype(str), "").astype(object)
        events.append(
            pl.DataFrame(
                {
                    "platform": platform, "account": account, "item": item.tolist(),
                    "act": ACTS[platform][0][0],
                    "time": pl.Series(times).cast(pl.Datetime("us", "UTC")),
                    "dwell_s": 0.1,
                }
            )
        )  # fmt: skip
    everything = pl.concat(events).with_columns(
        person=pl.lit(-1), session=pl.lit(0), price=pl.lit(None, pl.Float64),
        stars=pl.lit(None, pl.Float64), on_topic=pl.lit(value=False),
        query=pl.lit(None, pl.String), creator=pl.lit(None, pl.String),
        topic=pl.lit(None, pl.String),
    )  # fmt: skip
    names = ["platform", "account", "kind"]
    return pl.DataFrame(crawlers, schema=names, orient="row"), everything


def _times(
    rng: np.random.Generator, end: datetime, mean: float, hours: float, spread: float | None
) -> NDArray[np.int64]:
    """Returns the microseconds of a crawler's events, [N], before `end`."""
    count = round(hours * 3600 / mean)
    if spread is None:
        gaps = rng.exponential(mean, count)
    else:
        gaps = mean * rng.uniform(1 - spread, 1 + spread, count)
    start = rng.uniform(hours * 1.5 / 24, _DAYS_BEFORE_END) * 86_400
    times: NDArray[np.int64] = ((end.timestamp() - start + gaps.cumsum()) * 1e6).astype(np.int64)
    return times
