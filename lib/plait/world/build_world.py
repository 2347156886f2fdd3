"""Builds the synthetic world: people, then items, then events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from plait.world.add_dirt import add_dirt
from plait.world.dialects import list_accounts, list_items, to_dialect
from plait.world.draw_crawlers import draw_crawlers
from plait.world.draw_events import draw_events
from plait.world.draw_items import draw_items
from plait.world.draw_people import PLATFORMS, Population, draw_people

DEFAULT_END = datetime(2026, 9, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """Raw logs in four dialects, and their ground truth.

    Attributes:
        logs, catalogues, accounts: the raw frames by platform, as the files hold them.
        people: tastes, levels and who owns which account.
        items: every item with its true topic and level.
        events: every true event once, sorted by time.
        crawlers: platform, account and kind of accounts of programs, whose rows are in the logs.
        dirt: rows added to each platform's log by reason; `duplicate` is one of them.
    """

    seed: int
    end: datetime
    logs: dict[str, pl.DataFrame]
    catalogues: dict[str, pl.DataFrame]
    accounts: dict[str, pl.DataFrame]
    people: Population
    items: pl.DataFrame
    events: pl.DataFrame
    dirt: dict[str, dict[str, int]]
    crawlers: pl.DataFrame


def build_world(
    people: int = 2_000,
    seed: int = 0,
    *,
    end: datetime = DEFAULT_END,
    items_per_topic: int = 18,
    crawlers: bool = False,
) -> World:
    """Returns the world of `seed`: the same arguments give the same world.

    Args:
        people: number of people.
        seed: of all random draws.
        end: the time (UTC) at which the logs end; they begin 120 days before.
        items_per_topic: number of items per topic (24) and platform.
        crawlers: whether programs too leave rows in the logs. All other rows are the same.

    Raises:
        ValueError: `people` is below 20, or `items_per_topic` outside 2 to 24.
    """
    if people < 20 or not 2 <= items_per_topic <= 24:
        msg = f"people={people}, items_per_topic={items_per_topic}; needs >= 20 and 2 to 24"
        raise ValueError(msg)
    rng = np.random.default_rng(seed)
    inhabitants = draw_people(rng, people)
    items = draw_items(rng, end, items_per_topic)
    events = draw_events(rng, inhabitants, items, end)
    logs, dirt = {}, {}
    for platform in PLATFORMS:
        logs[platform], dirt[platform] = add_dirt(rng, platform, to_dialect(platform, events))
    bots, crawled = draw_crawlers(seed, items, set(inhabitants.accounts["account"]), end)
    if not crawlers:
        bots, crawled = bots.clear(), crawled.clear()
    for platform in bots["platform"]:
        rows = to_dialect(platform, crawled)
        logs[platform] = pl.concat([logs[platform], rows.cast(logs[platform].schema)])
    return World(
        seed=seed,
        end=end,
        logs=logs,
        catalogues={p: list_items(p, items) for p in PLATFORMS},
        accounts={p: list_accounts(p, inhabitants.accounts) for p in PLATFORMS},
        people=inhabitants,
        items=items,
        events=events,
        dirt=dirt,
        crawlers=bots,
    )
