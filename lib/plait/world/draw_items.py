"""Draws the items of the four platforms. Their titles reflect topic and level."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from plait.world import identifiers
from plait.world.draw_people import PLATFORMS
from plait.world.topics import PRODUCT_LINES, TITLE_TEMPLATES, TOPICS, Topic

VECTOR_SIZE = 16
_LEVELS = 3
# How long before the end items appear, in days: (oldest, newest). A shop's items are all old;
# news appears throughout.
_AGE: dict[str, tuple[float, float]] = {
    "shop": (700, 130), "video": (500, 40), "social": (170, 5), "news": (160, 3),
}  # fmt: skip
_PRICE_BY_LEVEL = np.array([0.6, 1.0, 1.9])


def draw_items(rng: np.random.Generator, end: datetime, per_topic: int) -> pl.DataFrame:
    """Returns every platform's items, with their ground truth.

    Columns: platform, item, title, categories, creator, price (EUR, shop only), tags,
    vector, published, topic, level, popularity (log weight inside its topic).
    """
    directions = rng.normal(size=(len(TOPICS) + 1, VECTOR_SIZE))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return pl.concat([_platform_items(rng, p, end, per_topic, directions) for p in PLATFORMS])


def _platform_items(
    rng: np.random.Generator,
    platform: str,
    end: datetime,
    per_topic: int,
    directions: NDArray[np.float64],
) -> pl.DataFrame:
    rows = [
        (topic, *row)
        for topic in range(len(TOPICS))
        for row in _name_items(rng, platform, TOPICS[topic], per_topic)
    ]
    topic = np.array([row[0] for row in rows])
    level = np.array([row[1] for row in rows])
    titles = np.array([row[2] for row in rows])
    count = len(rows)
    oldest, newest = _AGE[platform]
    age = rng.uniform(newest, oldest, count)
    rank = np.argsort(np.argsort(rng.random((len(TOPICS), per_topic)), axis=1), axis=1).ravel()
    price = _prices(rng, topic, level) if platform == "shop" else np.full(count, np.nan)
    return pl.DataFrame(
        {
            "platform": [platform] * count,
            "item": _item_ids(rng, platform, titles),
            "title": titles,
            "categories": [_categories(platform, TOPICS[t]) for t in topic],
            "creator": [row[3] for row in rows],
            "price": pl.Series(price).fill_nan(None),
            "tags": [row[4] for row in rows],
            "vector": pl.Series(_vectors(rng, topic, level, directions), dtype=pl.List(pl.Float32)),
            "published": [end - timedelta(seconds=round(days * 86_400)) for days in age],
            "topic": topic,
            "level": level,
            "popularity": -0.7 * np.log(rank + 2.0),
        }
    )


def _name_items(
    rng: np.random.Generator, platform: str, topic: Topic, count: int
) -> list[tuple[int, str, str, list[str]]]:
    """Returns (level, title, creator, tags) of `count` items with distinct titles."""
    words = topic.goods if platform == "shop" else topic.themes
    variants = 1 if platform == "shop" else len(TITLE_TEMPLATES[platform][0])
    combinations = len(words) * _LEVELS * variants
    items = []
    for code in rng.choice(combinations, min(count, combinations), replace=False).tolist():
        word, level, variant = (
            words[code % len(words)],
            code // len(words) % _LEVELS,
            code // (len(words) * _LEVELS),
        )
        creator = _creator(rng, platform, topic)
        if platform == "shop":
            line = PRODUCT_LINES[level][int(rng.integers(2))]
            title = " ".join(filter(None, (creator, line, word)))
        else:
            title = TITLE_TEMPLATES[platform][level][variant].format(
                x=word, X=word[0].upper() + word[1:], n=int(rng.integers(2, 30))
            )
        items.append((level, title, creator, [topic.tag, word]))
    return items


def _creator(rng: np.random.Generator, platform: str, topic: Topic) -> str:
    if platform == "shop":
        return topic.brands[int(rng.integers(2))]
    if platform == "video":
        return f"{topic.name} {('Lab', 'Weekly', 'Diaries')[int(rng.integers(3))]}"
    if platform == "social":
        return f"@{('daily', 'the', 'my')[int(rng.integers(3))]}_{topic.tag}"
    return f"{topic.section} desk"


def _categories(platform: str, topic: Topic) -> list[str]:
    if platform == "shop":
        return [topic.department, topic.name]
    return [topic.section, topic.name] if platform == "news" else [topic.name]


def _item_ids(
    rng: np.random.Generator, platform: str, titles: identifiers.TextArray
) -> identifiers.TextArray:
    if platform == "shop":
        return identifiers.numbers(rng, len(titles), digits=6)
    if platform == "video":
        return identifiers.base32(rng, len(titles), prefix="v_", length=6)
    if platform == "social":
        return np.char.add("p", identifiers.numbers(rng, len(titles), digits=9))
    return identifiers.slugs(titles)


def _prices(
    rng: np.random.Generator, topic: NDArray[np.int64], level: NDArray[np.int64]
) -> NDArray[np.float64]:
    middling = np.array([t.price for t in TOPICS])[topic]
    spread = rng.lognormal(0, 0.25, len(topic))
    price: NDArray[np.float64] = np.ceil(middling * _PRICE_BY_LEVEL[level] * spread) - 0.1
    return price.round(2)


def _vectors(
    rng: np.random.Generator,
    topic: NDArray[np.int64],
    level: NDArray[np.int64],
    directions: NDArray[np.float64],
) -> list[list[float]]:
    """Returns unit content embeddings: topic, a bit of level, and noise."""
    vectors = directions[topic] + 0.3 * (level[:, None] - 1) * directions[-1]
    vectors += rng.normal(0, 0.12, vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rounded: list[list[float]] = vectors.round(4).tolist()
    return rounded
