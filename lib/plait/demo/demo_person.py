"""Chooses the demo's known person, with accounts on two platforms, and their next event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from plait.demo.chapter_results import PastEvent
from plait.errors import TooFewEvents
from plait.world import World
from plait.world.topics import TOPICS

EventTypeNames = Mapping[str, Mapping[str, str]]  # platform: its word for an event: plait's
_MAX_HISTORY = 4  # number of past events to show


@dataclass(frozen=True)
class DemoPerson:
    """A person whom the model knows from two platforms, and the event that they will send.

    Attributes:
        list_platform, event_platform: the platform whose list is shown, and that of the event.
        list_account, event_account: their account ids there.
        lately, earlier: the topic of their last events, and an earlier topic.
        history: their last events, newest last.
        event: an event on an item of the earlier topic that is new to them.
    """

    list_platform: str
    event_platform: str
    list_account: str
    event_account: str
    lately: str
    earlier: str
    history: list[PastEvent]
    event: PastEvent


def choose_demo_person(
    world: World,
    words: EventTypeNames,
    *,
    list_platform: str = "shop",
    event_platform: str = "video",
) -> DemoPerson:
    """Returns a person with several events on one topic, followed by events on another.

    Their accounts share a key, so fuse joins them. Equal worlds give the same person.

    Raises:
        TooFewEvents: this world has no such person.
    """
    accounts = world.people.accounts.filter("main_email")
    both = (
        accounts.filter(pl.col("platform").is_in([list_platform, event_platform]))
        .group_by("person")
        .len()
    )
    topics = world.items.select("platform", "item", "title", item_topic="topic")
    done = (
        world.events.drop_nulls("item")
        .join(accounts, on=["platform", "account"], how="semi")
        .join(both.filter(pl.col("len") == 2), on="person", how="semi")
        .join(topics, on=["platform", "item"])
        .sort("person", "time")
    )
    chosen = _changed_topic(done)
    if not len(chosen):
        raise TooFewEvents(
            "no person in this world changed from one topic to another.",
            fix="Use more people: plait demo --people 2000",
        )
    person, lately, earlier = chosen.select("person", "lately", "earlier").row(0)
    theirs = done.filter(person=person)
    ids = dict(accounts.filter(person=person).select("platform", "account").iter_rows())
    return DemoPerson(
        list_platform=list_platform,
        event_platform=event_platform,
        list_account=ids[list_platform],
        event_account=ids[event_platform],
        lately=TOPICS[lately].name,
        earlier=TOPICS[earlier].name,
        history=[
            PastEvent(platform, words[platform][act], f"{platform}:{item}", title)
            for platform, act, item, title in theirs.tail(_MAX_HISTORY)
            .select("platform", "act", "item", "title")
            .iter_rows()
        ],
        event=_like_unseen(world, event_platform, earlier, theirs),
    )


def past_events(world: World, platform: str, kind: str, items: tuple[str, ...]) -> list[PastEvent]:
    """Returns events of type `kind` on `items` (raw ids) of `platform`, with their titles."""
    titles = dict(world.items.filter(platform=platform).select("item", "title").iter_rows())
    return [PastEvent(platform, kind, f"{platform}:{item}", titles[item]) for item in items]


def _changed_topic(done: pl.DataFrame) -> pl.DataFrame:
    """Returns person, lately, earlier: people with at least two events on each topic.

    People with the most events on the earlier topic and the fewest since come first.
    """
    topic = pl.col("item_topic")
    last = topic.last().over("person")
    run = (topic != last).reverse().cum_sum().reverse().over("person") == 0
    marked = done.with_columns(lately=last, run=run)
    people = marked.group_by("person").agg(pl.len(), pl.first("lately"), run=pl.col("run").sum())
    before = (
        marked.filter(topic != pl.col("lately"))
        .group_by("person", earlier=topic)
        .agg(times=pl.len())
        .sort("times", "earlier", descending=[True, False])
        .unique("person", keep="first", maintain_order=True)
    )
    # Long enough to show a preference, short enough for one event to change the list.
    return (
        people.join(before, on="person")
        .filter(pl.col("len").is_between(5, 12), pl.col("run") >= 2, pl.col("times") >= 2)
        .sort("times", "run", "person", descending=[True, False, False])
    )


def _like_unseen(world: World, platform: str, topic: int, history: pl.DataFrame) -> PastEvent:
    """Returns a like of the most popular item of `topic` that is not in `history`."""
    seen = history.filter(platform=platform)["item"].to_list()
    fresh = world.items.filter(platform=platform, topic=topic).filter(~pl.col("item").is_in(seen))
    return past_events(world, platform, "like", (fresh.sort("popularity")["item"][-1],))[0]
