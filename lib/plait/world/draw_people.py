"""Draws the world's people: tastes, the same on every platform, and accounts on some."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import polars_hash as plh
from numpy.typing import NDArray

from plait.world import identifiers
from plait.world.topics import TOPICS

PLATFORMS: tuple[str, ...] = ("shop", "video", "social", "news")

_PLATFORMS_OF_ONE = (0.25, 0.33, 0.25, 0.17)  # share of people on 1, 2, 3 and 4 platforms
_PLATFORM_WEIGHTS = (1.0, 1.4, 1.0, 0.8)  # how likely each platform is among them
_INTERESTS = (0.42, 0.26, 0.19, 0.13)  # weight of a person's first to fourth topic
_GIVES_EMAIL = 0.88  # of accounts; the others cannot be linked by a key
_USES_ANOTHER_EMAIL = 0.06  # of those


@dataclass(frozen=True)
class Population:
    """People 0 … N-1 and their accounts.

    Attributes:
        taste: weight of each topic for each person [N, topics]; rows sum to 1.
        level: 0 is a beginner, 2 an expert [N].
        activity: the person's activity relative to the others' [N], around 1.
        accounts: platform, account, person, email_hash (null: not given), main_email.
    """

    taste: NDArray[np.float64]
    level: NDArray[np.float64]
    activity: NDArray[np.float64]
    accounts: pl.DataFrame


def draw_people(rng: np.random.Generator, count: int) -> Population:
    """Returns `count` people with tastes and accounts."""
    topics = len(TOPICS)
    fashion = rng.normal(0, 0.5, topics)  # some topics are more common than others
    ranked = np.argsort(-(fashion + rng.gumbel(size=(count, topics))), axis=1)
    taste = np.zeros((count, topics))
    np.put_along_axis(taste, ranked[:, : len(_INTERESTS)], np.array(_INTERESTS), axis=1)
    return Population(
        taste=taste,
        level=np.clip(rng.normal(1, 0.8, count), -0.3, 2.3),
        activity=rng.lognormal(-0.1, 0.45, count),
        accounts=_draw_accounts(rng, count),
    )


def _draw_accounts(rng: np.random.Generator, count: int) -> pl.DataFrame:
    many = rng.choice(np.arange(1, 5), count, p=_PLATFORMS_OF_ONE)
    place = np.argsort(-(np.log(_PLATFORM_WEIGHTS) + rng.gumbel(size=(count, 4))), axis=1).argsort(
        axis=1
    )
    has_account = place < many[:, None]
    mailbox = np.char.add(np.arange(count).astype(str), "@mail.example")
    frames = []
    for index, platform in enumerate(PLATFORMS):
        person = np.flatnonzero(has_account[:, index])
        size = len(person)
        other = rng.random(size) < _USES_ANOTHER_EMAIL
        given = rng.random(size) < _GIVES_EMAIL
        address = np.where(other, np.char.add(f"{platform}+", mailbox[person]), mailbox[person])
        hashed = (
            pl.DataFrame({"address": address})
            .select(plh.col("address").chash.sha2_256())
            .to_series()
        )
        frames.append(
            pl.DataFrame(
                {
                    "platform": [platform] * size,
                    "account": draw_account_ids(rng, platform, size),
                    "person": person,
                    "email_hash": pl.select(pl.when(pl.Series(given)).then(hashed)).to_series(),
                    "main_email": given & ~other,
                }
            )
        )
    return pl.concat(frames)


def draw_account_ids(rng: np.random.Generator, platform: str, count: int) -> identifiers.TextArray:
    """Returns distinct account ids in the platform's format."""
    if platform == "shop":
        return identifiers.numbers(rng, count, digits=7)
    if platform == "video":
        return identifiers.base32(rng, count, prefix="u_")
    if platform == "social":
        return identifiers.handles(rng, count)
    return identifiers.uuids(rng, count)
