"""The counted answers of examples/social_feed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from tests.examples.conftest import FusedExample


@pytest.fixture(scope="module")
def social(fuse_example: Callable[[str], FusedExample]) -> FusedExample:
    return fuse_example("social_feed")


def test_every_activity_and_every_hashtag_is_counted_once(social: FusedExample) -> None:
    # 60 people like 3 posts, 30 share one, 20 follow somebody. 19 authors have a post with one
    # hashtag and a post with two; the posts of the twentieth have none.
    assert social.events_by_type("social") == {
        ("like", "item"): 180,  # one of an actor who is gone is missing, one of the dirt is added
        ("share", "item"): 30,
        ("follow", "creator"): 20,
        ("unfollow", "creator"): 1,
        ("post", "topic"): 19 * 3,
    }
    counts = social.platform("social")
    assert counts["rows"] == (180 + 30 + 20) + 9 + (19 * 3 + 2)
    assert counts["quarantined"] == {"null_account": 1, "null_object": 3, "unknown_type": 1}
    assert counts["removed"] == {"near_duplicate": 1, "type": 4}
    assert counts["noted"] == {"empty_file:data/activities-2025-03-03.json": 1}
    assert (counts["accounts"], counts["people"], counts["items"]) == (60, 60, 40)


def test_an_author_has_one_pseudonym_everywhere(social: FusedExample) -> None:
    items = social.store.read("items")
    followed = social.store.read("events").filter(object_kind="creator")["object_id"]
    authors = {f"social:{brand}" for brand in items["brand"]}
    assert len(authors) == 20
    assert set(followed) <= authors
    (author,) = items.filter(item="social:post29")["brand"]
    assert social.events_of("social", "@p9")["account"].unique().to_list() == [author]


def test_hashtags_are_topics_of_events_and_tags_of_items(social: FusedExample) -> None:
    # Person 9 is member 49 of the pool: 49 % 4 = 1, kitchen.
    post = social.store.read("items").filter(item="social:post29").to_dicts()[0]
    assert post["tags"] == ["kitchen", "weekend"]
    written = social.events_of("social", "@p9").filter(type="post")
    assert sorted(written["object_id"]) == ["social:kitchen", "social:kitchen", "social:weekend"]
    plain = social.store.read("items").filter(item="social:post7")["tags"]
    assert not plain.item()
    assert social.events_of("social", "@p7").filter(type="post").is_empty()


def test_a_double_like_counts_once_and_an_unfollow_counts_against(social: FusedExample) -> None:
    events = social.events_of("social", "@p9")
    noon = datetime(2025, 3, 6, 12, tzinfo=UTC)
    at_noon = events.filter(pl.col("time") == noon)
    assert set(at_noon.select("type", "strength").iter_rows()) == {
        ("like", 0.9),
        ("unfollow", -0.5),
    }
    assert events.filter(object_id="social:post9", type="like").height == 1
