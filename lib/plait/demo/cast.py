"""Who plays in the demo: a known person with two accounts, and what they do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from plait.demo.chapters import Done
from plait.world import World

Words = Mapping[str, Mapping[str, str]]  # platform: its word for an event: plait's


@dataclass(frozen=True)
class Known:
    """Someone the model has met on two platforms, and the event they are about to cause.

    Attributes:
        asked, acting: the platform whose list is shown, and the one the event happens on.
        asked_account, acting_account: their ids there.
        history: their last events, newest last.
        event: on a topic they never touched.
    """

    asked: str
    acting: str
    asked_account: str
    acting_account: str
    history: list[Done]
    event: Done


def choose_known(
    world: World, words: Words, *, asked: str = "shop", acting: str = "video"
) -> Known:
    """Returns a person on both platforms whose accounts share a key; the same every time."""
    linked = (
        world.people.accounts.filter(
            pl.col("main_email"), pl.col("platform").is_in([asked, acting])
        )
        .group_by("person")
        .agg(pl.len().alias("accounts"))
        .filter(pl.col("accounts") == 2)
    )
    done = world.events.drop_nulls("item").join(linked, on="person", how="semi")
    counts = done.group_by("person").agg(
        (pl.col("platform") == asked).sum().alias("asked"), pl.len().alias("all")
    )
    # Long enough to have a taste, short enough to be read at a glance.
    fitting = counts.filter(pl.col("asked") >= 2, pl.col("all").is_between(6, 10)).sort("person")
    person = int((fitting if len(fitting) else counts.sort("all", "person"))["person"][0])
    theirs = done.filter(person=person).sort("time")
    accounts = dict(
        world.people.accounts.filter(person=person).select("platform", "account").iter_rows()
    )
    items = world.items.select("platform", "item", "title", item_topic="topic")
    named = theirs.join(items, on=["platform", "item"], maintain_order="left")
    return Known(
        asked=asked,
        acting=acting,
        asked_account=accounts[asked],
        acting_account=accounts[acting],
        history=[
            Done(platform, words[platform][act], f"{platform}:{item}", title)
            for platform, act, item, title in named.tail(4)
            .select("platform", "act", "item", "title")
            .iter_rows()
        ],
        event=_something_else(world, acting, set(named["item_topic"])),
    )


def did(world: World, platform: str, kind: str, items: tuple[str, ...]) -> list[Done]:
    """Returns `kind` of events on `items` (raw ids) of `platform`, with their titles."""
    titles = dict(world.items.filter(platform=platform).select("item", "title").iter_rows())
    return [Done(platform, kind, f"{platform}:{item}", titles[item]) for item in items]


def _something_else(world: World, platform: str, touched: set[int]) -> Done:
    """Returns a liked event on the most popular item of a topic outside `touched`."""
    topics = [t for t in range(world.people.taste.shape[1]) if t not in touched]
    topic = int(np.random.default_rng(world.seed).choice(topics))
    best = world.items.filter(platform=platform, topic=topic).sort("popularity").tail(1)
    return did(world, platform, "like", (best["item"][0],))[0]
