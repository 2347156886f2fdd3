"""Who plays in the demo: a known person with accounts on two platforms, and what they do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from plait.demo.chapter_results import PastEvent
from plait.errors import TooFewEvents
from plait.world import World
from plait.world.topics import TOPICS

EventTypeNames = Mapping[str, Mapping[str, str]]  # platform: its word for an event: plait's
_MAX_HISTORY = 4  # events of a history that are shown


@dataclass(frozen=True)
class DemoPerson:
    """Someone the model has met on two platforms, and the event they are about to cause.

    Attributes:
        asked, acting: the platform whose list is shown, and the one the event happens on.
        asked_account, acting_account: their ids there.
        lately, earlier: the topic of their last events, and one of before.
        history: their last events, newest last.
        event: on an item of the earlier topic that is new to them.
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
    world: World, words: EventTypeNames, *, asked: str = "shop", acting: str = "video"
) -> DemoPerson:
    """Returns someone who did much on one topic and then turned to another.

    Their accounts share a key, so that fuse joins them. Equal worlds give equal persons.

    Raises:
        TooFewEvents: nobody in this world fits.
    """
    accounts = world.people.accounts.filter("main_email")
    both = accounts.filter(pl.col("platform").is_in([asked, acting])).group_by("person").len()
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
            "nobody in this world turned from one topic to another.",
            fix="Use more people: plait demo --people 2000",
        )
    person, lately, earlier = chosen.select("person", "lately", "earlier").row(0)
    theirs = done.filter(person=person)
    ids = dict(accounts.filter(person=person).select("platform", "account").iter_rows())
    return DemoPerson(
        list_platform=asked,
        event_platform=acting,
        list_account=ids[asked],
        event_account=ids[acting],
        lately=TOPICS[lately].name,
        earlier=TOPICS[earlier].name,
        history=[
            PastEvent(platform, words[platform][act], f"{platform}:{item}", title)
            for platform, act, item, title in theirs.tail(_MAX_HISTORY)
            .select("platform", "act", "item", "title")
            .iter_rows()
        ],
        event=_like_unseen(world, acting, earlier, theirs),
    )


def past_events(world: World, platform: str, kind: str, items: tuple[str, ...]) -> list[PastEvent]:
    """Returns `kind` of events on `items` (raw ids) of `platform`, with their titles."""
    titles = dict(world.items.filter(platform=platform).select("item", "title").iter_rows())
    return [PastEvent(platform, kind, f"{platform}:{item}", titles[item]) for item in items]


def _changed_topic(done: pl.DataFrame) -> pl.DataFrame:
    """Returns person, lately, earlier: at least two events on each.

    Who did most on the earlier topic and least since comes first.
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
    # Long enough to have a taste, short enough for one event to weigh something.
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
