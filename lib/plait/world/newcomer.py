"""A new person: active on one platform, and about to join another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plait.world.build_world import World
from plait.world.draw_people import draw_account_ids
from plait.world.topics import TOPICS


@dataclass(frozen=True)
class Newcomer:
    """A person with two accounts that are in no log, and a taste for one topic.

    Attributes:
        topic: the topic they like.
        first, second: the platform with their first events, and the one they join.
        first_account, second_account: their account ids there.
        items: raw ids of the items of their events on `first`, oldest first.
    """

    topic: str
    first: str
    second: str
    first_account: str
    second_account: str
    items: tuple[str, ...]


def draw_newcomer(
    world: World,
    *,
    first: str = "video",
    second: str = "shop",
    topic: str | None = None,
    events: int = 6,
    seed: int = 0,
) -> Newcomer:
    """Returns a new person for `world`. Draws the topic if none is given."""
    rng = np.random.default_rng([world.seed, seed, 77])
    drawn = TOPICS[int(rng.integers(len(TOPICS)))].name
    index = [t.name for t in TOPICS].index(topic or drawn)
    liked = world.items.filter(platform=first, topic=index).sort("popularity", descending=True)
    known = set(world.people.accounts["account"])
    fresh = [
        next(a for a in draw_account_ids(rng, platform, 50).tolist() if a not in known)
        for platform in (first, second)
    ]
    return Newcomer(
        topic=TOPICS[index].name,
        first=first,
        second=second,
        first_account=fresh[0],
        second_account=fresh[1],
        items=tuple(liked["item"][:events][::-1]),
    )
