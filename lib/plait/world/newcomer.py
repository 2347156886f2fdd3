"""Someone the world has not met: busy on one platform, about to join another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plait.world.build_world import World
from plait.world.draw_people import draw_account_ids
from plait.world.topics import TOPICS


@dataclass(frozen=True)
class Newcomer:
    """A person with two accounts that nobody has seen, and a taste for one topic.

    Attributes:
        topic: what they care for.
        first, second: the platform they are known on, and the one they join.
        first_account, second_account: their ids there.
        items: what they did on `first`, oldest first: raw item ids.
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
    """Returns a newcomer to `world`; the topic is drawn if none is named."""
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
