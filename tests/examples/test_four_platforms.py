"""The counted answers of examples/four_platforms, which braids the other four."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.examples.conftest import FusedExample

PARTS = {"shop": "shop_case", "video": "video_site", "social": "social_feed", "news": "news_site"}


@pytest.fixture(scope="module")
def four(fuse_example: Callable[[str], FusedExample]) -> FusedExample:
    return fuse_example("four_platforms")


def _beside(settings: Any, folder: str) -> Any:
    """Returns platform settings with the files of another example's folder."""
    if isinstance(settings, list):
        return [_beside(one, folder) for one in settings]
    if not isinstance(settings, dict):
        return settings
    return {
        key: f"../{folder}/{value}" if key == "files" else _beside(value, folder)
        for key, value in settings.items()
    }


@pytest.mark.parametrize("platform", PARTS)
def test_a_platform_is_configured_as_in_its_own_example(repository: Path, platform: str) -> None:
    def platforms(example: str) -> dict[str, Any]:
        text = (repository / "examples" / example / "plait.yaml").read_text()
        found: dict[str, Any] = yaml.safe_load(text)["platforms"]
        return found

    example = PARTS[platform]
    alone = platforms(example)[platform]
    assert platforms("four_platforms")[platform] == _beside(alone, example)


def test_people_on_several_platforms_are_found(four: FusedExample) -> None:
    # Members 0-59 are in the shop, 20-79 on the video site, 40-99 in the network, and the even
    # ones of 0-99 read the news. Six visitors and the probe are nobody else.
    counts = four.counts
    assert counts["people"] == 100 + 6 + 1
    assert counts["people_on_several"] == 60 + 10 + 10
    # Each account of these 80 is joined: all but the odd ones of 0-19 and of 80-99.
    assert counts["rules"] == {"email_hash": 60 + 60 + 60 + 50 - 20, "alone": 20 + 7}
    people = four.store.read("people")
    assert Counter(len(platforms) for platforms in people["platforms"]) == {
        4: 10,  # the even ones of 40-59
        3: 10 + 10 + 10,  # the odd ones of 40-59; the even ones of 20-39 and of 60-79
        2: 10 + 10 + 10 + 10,  # the odd ones of 20-39 and 60-79; the even ones of 0-19 and 80-99
        1: 10 + 10 + 7,
    }
    assert four.counts["events"] == 390 + 296 + 288 + 361


def test_one_person_s_history_has_events_of_all_four(four: FusedExample) -> None:
    accounts = [("shop", "C1040"), ("video", "v20"), ("social", "@p0"), ("news", "U20")]
    events = [four.events_of(platform, account) for platform, account in accounts]
    (person,) = {person for one in events for person in one["person"]}
    history = four.store.read("sequences").filter(person=person)
    assert history.height == 1
    assert set(history["platform"].item()) == set(PARTS)
    items = sum(one.filter(object_kind="item").height for one in events)
    assert history["total"].item() == items
