"""Who plays: someone whom fuse will join, on an earlier interest, the same every time."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime

import polars as pl
import pytest

from plait.demo.curl_commands import build_curl_commands
from plait.demo.demo_person import DemoPerson, choose_demo_person
from plait.world import World, build_world
from plait.world.draw_events import ACTS
from plait.world.topics import TOPICS

WORDS = {platform: dict.fromkeys(acts[0], "view") for platform, acts in ACTS.items()}


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(people=800, seed=5)


@pytest.fixture(scope="module")
def known(world: World) -> DemoPerson:
    return choose_demo_person(world, WORDS)


def test_the_same_world_gives_the_same_person(world: World, known: DemoPerson) -> None:
    assert choose_demo_person(world, WORDS) == known
    later = build_world(people=800, seed=5, end=datetime(2026, 11, 1, tzinfo=UTC))
    assert choose_demo_person(later, WORDS) == known


def test_both_accounts_share_a_key(world: World, known: DemoPerson) -> None:
    ids = [known.list_account, known.event_account]
    accounts = world.people.accounts.filter(pl.col("account").is_in(ids))
    assert sorted(accounts["platform"]) == ["shop", "video"]
    assert accounts["person"].n_unique() == accounts["email_hash"].n_unique() == 1


def test_the_event_is_new_to_them_and_on_the_earlier_topic(world: World, known: DemoPerson) -> None:
    platform, _, item = known.event.item.partition(":")
    topic = world.items.filter(platform=platform, item=item)["topic"][0]
    assert TOPICS[topic].name == known.earlier != known.lately
    seen = world.events.filter(platform="video", account=known.event_account)["item"]
    assert item not in seen
    assert 1 <= len(known.history) <= 4


def test_the_commands_are_ones_a_shell_understands(known: DemoPerson) -> None:
    ask, event, link = (shlex.split(line) for line in build_curl_commands("http://h:1", known))
    assert ask == ["curl", "-s", f"http://h:1/v1/recommend/shop/{known.list_account}?k=5"]
    assert event[2] == "http://h:1/v1/events"
    assert json.loads(event[-1])["events"][0]["item_id"] == known.event.item
    assert [a["platform"] for a in json.loads(link[-1])["accounts"]] == ["video", "shop"]
    assert (
        max(
            len(line)
            for text in build_curl_commands("http://h:1", known)
            for line in text.split("\n")
        )
        < 98
    )
