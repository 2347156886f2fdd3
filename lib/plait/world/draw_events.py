"""Draws the events of the world's people: one row per event, clean, in no dialect yet."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from plait.world.draw_people import PLATFORMS, Population
from plait.world.topics import TOPICS

WORLD_DAYS = 120  # the world's span
_PHASES = 10  # a person's focus moves this often, on all platforms at once
_FOCUS, _TASTE = 0.88, 0.08  # share of events on the focus and on other tastes; rest: chance
_MEAN_EVENTS: dict[str, float] = {"shop": 15.0, "video": 31.0, "social": 24.0, "news": 21.0}
_LATE_ACCOUNT_SHARE = 0.7  # share of accounts that are opened during the span
_SESSION_EVENTS = 3  # mean events per session
_LEVEL_WIDTH = 0.55  # how strictly items match a person's level
_HALF_LIFE_DAYS: dict[str, float] = {"shop": 1e9, "video": 1e9, "social": 90.0, "news": 60.0}
_NOT_ON_ITEMS = 0.08  # share of further events on queries, topics and creators

# The event types of a platform, from the weakest to the strongest signal, and the probability of
# each if the item fits (first row) or does not (second row).
ACTS: dict[str, tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]] = {
    "shop": (
        ("PDP_VIEW", "WISHLIST", "BASKET", "ORDER", "REVIEW"),
        (0.38, 0.10, 0.14, 0.30, 0.08), (0.84, 0.05, 0.04, 0.05, 0.02),
    ),
    "video": (
        ("start", "finish", "playlist_add", "thumb_up", "thumb_down"),
        (0.30, 0.44, 0.07, 0.17, 0.02), (0.78, 0.10, 0.01, 0.03, 0.08),
    ),
    "social": (
        ("seen", "heart", "reply", "repost", "bookmark"),
        (0.32, 0.36, 0.12, 0.12, 0.08), (0.86, 0.07, 0.04, 0.02, 0.01),
    ),
    "news": (
        ("open", "read_to_end", "comment", "send_to_friend", "save"),
        (0.36, 0.42, 0.06, 0.08, 0.08), (0.86, 0.08, 0.02, 0.02, 0.02),
    ),
}  # fmt: skip
# The same for what is done to a query, a topic or a creator: (act, object kind).
OTHER_ACTS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "shop": (("SEARCH", "query"), ("SEARCH", "query")),
    "video": (("search", "query"), ("subscribe", "creator")),
    "social": (("follow", "creator"), ("new_post", "topic")),
    "news": (("search", "query"), ("follow_section", "topic")),
}


def draw_events(
    rng: np.random.Generator, people: Population, items: pl.DataFrame, end: datetime
) -> pl.DataFrame:
    """Returns all events, sorted by time.

    Columns: platform, account, person, item (null unless on an item), act, time (us UTC),
    session, query, creator, topic (the object, at most one of them), price, dwell_s, stars,
    on_topic (whether the person cares for it).
    """
    focus = _Focus(rng, people)
    accounts = people.accounts.with_row_index("row")
    frames = [
        _platform_events(
            rng, people, focus, accounts.filter(platform=p), items.filter(platform=p), end
        )
        for p in PLATFORMS
    ]
    return pl.concat(frames).sort("time", "platform", "account", "session")


class _Focus:
    """The topic of a person's attention over time, the same on every platform."""

    def __init__(self, rng: np.random.Generator, people: Population) -> None:
        count, topics = people.taste.shape
        ends = np.sort(rng.random((count, _PHASES - 1)), axis=1)
        self.ends = np.concatenate([ends, np.ones((count, 1))], axis=1)
        cumulative = people.taste.cumsum(axis=1)
        drawn = (rng.random((count, _PHASES, 1)) > cumulative[:, None, :]).sum(axis=2)
        self.topic = np.minimum(drawn, topics - 1)

    def at(self, person: NDArray[np.int64], moment: NDArray[np.float64]) -> NDArray[np.int64]:
        """Returns the topic [N] of each `person` [N] at `moment` [N], 0 to 1 of the span."""
        phase = (self.ends[person] < moment[:, None]).sum(axis=1)
        topic: NDArray[np.int64] = self.topic[person, phase]
        return topic


def _platform_events(
    rng: np.random.Generator,
    people: Population,
    focus: _Focus,
    accounts: pl.DataFrame,
    items: pl.DataFrame,
    end: datetime,
) -> pl.DataFrame:
    platform = str(items["platform"][0])
    person_of = accounts["person"].to_numpy()
    late = rng.random(len(person_of)) < _LATE_ACCOUNT_SHARE
    joined = np.where(late, rng.uniform(0.5, 0.99, len(person_of)), 0.0)
    mean = _MEAN_EVENTS[platform] * people.activity[person_of] * (1 - joined) ** 0.7
    account = np.repeat(np.arange(len(person_of)), np.maximum(rng.poisson(mean), 2))
    person = person_of[account]
    moment, session = _draw_times(rng, account, joined[account])
    topic = _draw_topics(rng, people, focus, person, moment)
    start_us = int(end.timestamp() * 1e6) - WORLD_DAYS * 86_400_000_000
    time_us = start_us + (moment * WORLD_DAYS * 86_400e6).astype(np.int64)
    item = _choose_items(rng, people.level[person], topic, time_us, items)
    fits = np.take_along_axis(people.taste[person], topic[:, None], axis=1)[:, 0] > 0

    acts, likely, unlikely = ACTS[platform]
    act = _draw_column(rng, np.where(fits[:, None], likely, unlikely))
    seconds = rng.lognormal(np.where(fits & (act > 0), 4.8, 3.0), 0.6)
    stars = np.clip(np.rint(rng.normal(np.where(fits, 4.4, 2.4), 0.7)), 1, 5)
    price = items["price"].to_numpy()[item]
    events = pl.DataFrame(
        {
            "platform": pl.Series([platform]).extend_constant(platform, len(item) - 1),
            "account": accounts["account"].to_numpy()[account],
            "person": person,
            "item": items["item"].to_numpy()[item],
            "act": np.array(acts)[act],
            "time": pl.Series(time_us).cast(pl.Datetime("us", "UTC")),
            "session": session,
            "price": pl.Series(np.where(np.array(acts)[act] == "ORDER", price, np.nan)),
            "dwell_s": seconds.round(1),
            "stars": pl.Series(np.where(np.array(acts)[act] == "REVIEW", stars, np.nan)),
            "on_topic": fits,
        }
    ).with_columns(pl.col("price", "stars").fill_nan(None))
    # A person has at most one event per item, so a model learns taste, not repetition.
    once = events.sort("time", "session").unique(["account", "item"], keep="first")
    once = once.sort("account", "time", "item")
    return pl.concat([once, _other_acts(rng, once, items)], how="diagonal")


def _draw_times(
    rng: np.random.Generator, account: NDArray[np.int64], joined: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Returns the time (0 to 1 of the span) and the session of each event, each [N]."""
    first = np.searchsorted(account, account)
    place = np.arange(len(account)) - first
    sitting = np.cumsum((place % _SESSION_EVENTS == 0).astype(np.int64)) - 1
    start = joined[np.searchsorted(sitting, np.arange(sitting[-1] + 1))]
    day = np.floor(WORLD_DAYS * rng.uniform(start, 1.0))
    hour = np.clip(rng.normal(19.0, 3.0, sitting[-1] + 1), 6.0, 22.5)
    minutes = (place % _SESSION_EVENTS) * rng.uniform(0.5, 6.0, len(account))
    moment: NDArray[np.float64] = (day[sitting] + (hour[sitting] + minutes / 60) / 24) / WORLD_DAYS
    return moment, sitting


def _draw_topics(
    rng: np.random.Generator,
    people: Population,
    focus: _Focus,
    person: NDArray[np.int64],
    moment: NDArray[np.float64],
) -> NDArray[np.int64]:
    topics = people.taste.shape[1]
    how = rng.random(len(person))
    by_taste = _draw_column(rng, people.taste[person])
    by_chance = rng.integers(0, topics, len(person))
    other = np.where(how < _FOCUS + _TASTE, by_taste, by_chance)
    chosen: NDArray[np.int64] = np.where(how < _FOCUS, focus.at(person, moment), other)
    return chosen


def _choose_items(
    rng: np.random.Generator,
    level: NDArray[np.float64],
    topic: NDArray[np.int64],
    time_us: NDArray[np.int64],
    items: pl.DataFrame,
) -> NDArray[np.int64]:
    """Returns the row in `items` of each event. Popular, fitting, published items are likelier."""
    topics = len(TOPICS)
    by_topic = np.arange(len(items)).reshape(topics, -1)  # items lie topic by topic
    published = items["published"].cast(pl.Datetime("us")).cast(pl.Int64).to_numpy()
    rows = by_topic[topic]
    away = items["level"].to_numpy()[rows] - level[:, None]
    age_days = (time_us[:, None] - published[rows]) / 86_400e6
    half_life = _HALF_LIFE_DAYS[str(items["platform"][0])]
    weight = (
        items["popularity"].to_numpy()[rows]
        - away**2 / (2 * _LEVEL_WIDTH**2)
        - np.where(age_days < 0, 50.0, np.log(2) * age_days / half_life)
    )
    best = np.argmax(weight + rng.gumbel(size=weight.shape), axis=1)
    chosen: NDArray[np.int64] = rows[np.arange(len(rows)), best]
    return chosen


def _other_acts(
    rng: np.random.Generator, events: pl.DataFrame, items: pl.DataFrame
) -> pl.DataFrame:
    """Returns searches, follows and posts in the sessions of `events`, on their topics."""
    platform = str(items["platform"][0])
    some = events.filter(pl.Series(rng.random(len(events)) < _NOT_ON_ITEMS))
    pick = rng.integers(0, 2, len(some))
    acts = np.array(OTHER_ACTS[platform])[pick]
    named = some.select("item").join(
        items.select("item", "creator", "topic", query=pl.col("tags").list.last()),
        on="item",
        maintain_order="left",
    )
    tags = pl.Series([topic.tag for topic in TOPICS])
    kind = pl.Series(acts[:, 1])
    return some.select("platform", "account", "person", "session", "on_topic", "time").with_columns(
        act=pl.Series(acts[:, 0]),
        time=pl.col("time") - pl.duration(seconds=20),
        query=pl.when(kind == "query").then(named["query"]),
        creator=pl.when(kind == "creator").then(named["creator"]),
        topic=pl.when(kind == "topic").then(tags.gather(named["topic"])),
    )


def _draw_column(rng: np.random.Generator, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns one column index per row, drawn in proportion to `weights` [N, C]."""
    bounds = np.cumsum(weights, axis=1)
    drawn = rng.random(len(weights)) * bounds[:, -1]
    column: NDArray[np.int64] = (drawn[:, None] >= bounds).sum(axis=1)
    last: NDArray[np.int64] = np.minimum(column, weights.shape[1] - 1)
    return last
