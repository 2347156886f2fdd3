"""The world: the same seed is the same world, and its truth can be told from its logs."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from plait.world import World, build_world, draw_newcomer
from plait.world.draw_people import PLATFORMS
from plait.world.topics import PRODUCT_LINES, TITLE_TEMPLATES, TOPICS


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(people=600, seed=3)


def test_the_same_seed_gives_the_same_world(world: World) -> None:
    again = build_world(people=600, seed=3)
    for platform in PLATFORMS:
        assert again.logs[platform].equals(world.logs[platform])
        assert again.catalogues[platform].equals(world.catalogues[platform])
        assert again.accounts[platform].equals(world.accounts[platform])
    assert np.array_equal(again.people.taste, world.people.taste)


def test_another_seed_gives_another_world(world: World) -> None:
    other = build_world(people=600, seed=4)
    assert not other.logs["shop"].equals(world.logs["shop"])


def test_its_full_size_fits_a_laptop_and_is_enough_to_learn_from() -> None:
    world = build_world()
    assert 38_000 < len(world.events) < 80_000
    assert world.items.group_by("platform").len()["len"].to_list() == [432] * 4
    assert len(world.people.level) == 2_000


def test_four_id_systems(world: World) -> None:
    shapes = {
        "shop": r"^\d{7}$",
        "video": r"^u_[a-km-np-z2-9]{8}$",
        "social": r"^@[a-z]+_[a-z]+\d*$",
        "news": r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$",
    }
    for platform, shape in shapes.items():
        ids = world.people.accounts.filter(platform=platform)["account"]
        assert ids.str.contains(shape).all(), platform
        assert ids.n_unique() == len(ids)


def test_every_platform_writes_its_own_columns(world: World) -> None:
    columns = [set(world.logs[platform].columns) for platform in PLATFORMS]
    for i, left in enumerate(columns):
        for right in columns[i + 1 :]:
            assert not left & right


def test_people_are_on_one_to_four_platforms_and_most_share_a_key(world: World) -> None:
    accounts = world.people.accounts
    spread = accounts.group_by("person").len()["len"]
    assert set(spread) == {1, 2, 3, 4}
    assert 0.15 < (spread == 1).mean() < 0.35
    given = accounts["email_hash"].is_not_null().mean()
    assert 0.8 < given < 0.95
    by_hash = accounts.drop_nulls("email_hash").group_by("email_hash")
    assert by_hash.agg(pl.col("person").n_unique())["person"].max() == 1
    linkable = accounts.filter(pl.col("main_email")).group_by("person").len()
    assert (linkable["len"] > 1).sum() > 0.5 * (spread > 1).sum()


def test_an_account_has_one_owner_and_its_events_are_theirs(world: World) -> None:
    owners = world.people.accounts.select("platform", "account", "person")
    joined = world.events.join(owners, on=["platform", "account"], how="left", suffix="_owner")
    assert (joined["person"] == joined["person_owner"]).all()


def test_tastes_hold_on_every_platform(world: World) -> None:
    taste = world.people.taste
    assert np.allclose(taste.sum(axis=1), 1)
    assert ((taste > 0).sum(axis=1) == 4).all()
    topics = world.items.select("platform", "item", item_topic="topic")
    acts = world.events.drop_nulls("item").join(topics, on=["platform", "item"])
    liked = taste[acts["person"].to_numpy(), acts["item_topic"].to_numpy()] > 0
    shares = acts.select("platform", pl.Series("liked", liked)).group_by("platform").mean()
    assert (shares["liked"] > 0.85).all()
    # By chance four topics of 24 would do for a sixth of the events.


def test_focus_is_shared_across_platforms(world: World) -> None:
    """What someone does next on another platform has the topic of what they just did here."""
    topics = world.items.select("platform", "item", item_topic="topic")
    acts = world.events.drop_nulls("item").join(
        topics, on=["platform", "item"], maintain_order="left"
    )
    steps = acts.sort("person", "time").with_columns(
        same_person=pl.col("person") == pl.col("person").shift(),
        crossed=pl.col("platform") != pl.col("platform").shift(),
        same_topic=pl.col("item_topic") == pl.col("item_topic").shift(),
    )
    crossings = steps.filter("same_person", "crossed")
    assert len(crossings) > 500
    assert crossings["same_topic"].mean() > 0.4


def test_events_lie_in_the_span_and_after_publication(world: World) -> None:
    assert world.events["time"].max() < world.end
    assert (world.end - world.events["time"].min()).days <= 120
    published = world.items.select("platform", "item", "published")
    acts = world.events.drop_nulls("item").join(published, on=["platform", "item"])
    early = (
        acts["time"].cast(pl.Datetime("us")) < acts["published"].cast(pl.Datetime("us"))
    ).mean()
    assert early < 0.002


def test_the_end_moves_the_whole_world() -> None:
    late = build_world(people=100, end=datetime(2026, 10, 1, tzinfo=UTC))
    soon = build_world(people=100, end=datetime(2026, 9, 1, tzinfo=UTC))
    shift = late.events["time"] - soon.events["time"]
    assert shift.n_unique() == 1
    assert shift[0].days == 30


def test_one_object_an_event_at_most_one_event_an_item(world: World) -> None:
    objects = world.events.select(
        pl.sum_horizontal(pl.col("item", "query", "creator", "topic").is_not_null())
    ).to_series()
    assert (objects == 1).all()
    on_items = world.events.drop_nulls("item")
    assert not on_items.select("platform", "account", "item").is_duplicated().any()


def test_searches_follows_and_posts_occur(world: World) -> None:
    kinds = {
        "shop": {"SEARCH"},
        "video": {"search", "subscribe"},
        "social": {"follow", "new_post", "repost", "heart"},
        "news": {"search", "follow_section", "send_to_friend"},
    }
    for platform, acts in kinds.items():
        assert acts <= set(world.events.filter(platform=platform)["act"]), platform


def test_titles_are_unique_and_readable(world: World) -> None:
    for platform in PLATFORMS:
        titles = world.items.filter(platform=platform)["title"]
        assert titles.n_unique() > 0.97 * len(titles)
        assert not titles.str.contains(r"[{}]|  |^[a-z]").any()
        assert titles.str.len_chars().max() <= 60


def test_dirt_is_counted(world: World) -> None:
    for platform in PLATFORMS:
        log, dirt = world.logs[platform], world.dirt[platform]
        true = len(world.events.filter(platform=platform))
        assert len(log) == true + sum(dirt.values())
        assert dirt["duplicate"] == len(log) - len(log.unique())
        assert min(dirt.values()) >= 2


def test_topics_have_all_their_words() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS) == 24
    for topic in TOPICS:
        assert len(set(topic.goods)) == len(set(topic.themes)) == 8, topic.name
    assert all(len(level) == 3 for t in TITLE_TEMPLATES.values() for level in t)
    assert len(PRODUCT_LINES) == 3


@pytest.mark.parametrize(("people", "items"), [(0, 18), (19, 18), (100, 1), (100, 25)])
def test_impossible_worlds_are_refused(people: int, items: int) -> None:
    with pytest.raises(ValueError, match="needs >= 20 and 2 to 24"):
        build_world(people=people, items_per_topic=items)


def test_a_newcomer_is_new_and_likes_one_topic(world: World) -> None:
    newcomer = draw_newcomer(world, topic="Trail running")
    known = set(world.people.accounts["account"])
    assert newcomer.first_account not in known
    assert newcomer.second_account not in known
    items = world.items.filter(platform="video").filter(pl.col("item").is_in(newcomer.items))
    assert len(items) == len(newcomer.items) == 6
    assert {TOPICS[t].name for t in items["topic"]} == {"Trail running"}
    assert draw_newcomer(world) == draw_newcomer(world)
