"""Crawlers are added to the logs, and change nothing else."""

from __future__ import annotations

import polars as pl
import pytest

from plait.world import World, build_world


@pytest.fixture(scope="module")
def worlds() -> tuple[World, World]:
    return build_world(60, 2), build_world(60, 2, crawlers=True)


def test_one_of_each_kind_is_planted_on_its_platform(worlds: tuple[World, World]) -> None:
    plain, crawled = worlds
    assert plain.crawlers.is_empty()
    assert sorted(crawled.crawlers["kind"]) == ["broad_scraper", "fast", "slow_and_regular"]
    people = crawled.people.accounts["account"].implode()
    assert not crawled.crawlers["account"].is_in(people).any()


def test_all_other_rows_and_the_truth_are_the_same(worlds: tuple[World, World]) -> None:
    plain, crawled = worlds
    assert crawled.events.equals(plain.events)
    assert crawled.dirt == plain.dirt
    for platform, log in plain.logs.items():
        assert crawled.logs[platform].head(log.height).equals(log)
        added = crawled.logs[platform].slice(log.height)
        names = crawled.crawlers.filter(platform=platform)["account"]
        column = {"shop": "customer_id", "video": "uid", "social": "handle", "news": "device"}
        assert added[column[platform]].unique().to_list() == names.to_list()
        assert added.height == 0 or added.height >= 500


def test_the_scraper_counts_through_ids_that_are_gone(worlds: tuple[World, World]) -> None:
    _, crawled = worlds
    (scraper,) = crawled.crawlers.filter(kind="broad_scraper")["account"]
    items = crawled.logs["video"].filter(uid=scraper)["clip"]
    assert items.n_unique() == items.len()
    listed = pl.Series(crawled.items.filter(platform="video")["item"])
    assert set(listed) < set(items)
