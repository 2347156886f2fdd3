"""The counted answers of examples/video_site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tests.examples.conftest import FusedExample


@pytest.fixture(scope="module")
def video(fuse_example: Callable[[str], FusedExample]) -> FusedExample:
    return fuse_example("video_site")


def test_every_flag_of_every_line_is_counted_once(video: FusedExample) -> None:
    # 15 viewers each watch 3, 4, 5 and 6 clips; 20 like one, 6 save one.
    watched = 15 * (3 + 4 + 5 + 6)
    assert video.events_by_type("video") == {
        ("watch", "item"): watched,
        ("like", "item"): 20,
        ("save", "item"): 6,
    }
    counts = video.platform("video")
    assert counts["quarantined"] == {"bad_json": 1, "long_dwell": 1, "null_account": 3}
    assert counts["removed"] == {"bot": 120, "near_duplicate": 5, "type": 6}
    assert counts["noted"] == {"null_word:account": 1}  # undefined; the others are JSON's null
    assert counts["rows"] == watched + 26 + 5 + 131
    assert counts["duplicates"] == 0
    assert (counts["accounts"], counts["items"]) == (60 + 1, 40)  # the probe is an account


def test_the_probe_is_found_with_its_figures(video: FusedExample) -> None:
    (bot,) = video.store.read("bots").to_dicts()
    assert bot["reason"] == "sleepless_and_regular"
    assert (bot["events"], bot["objects"], bot["active_hours"]) == (120, 40, 40)
    assert bot["last_time"] - bot["first_time"] == timedelta(hours=39, minutes=40)


def test_the_catalogue_is_read_from_nested_fields(video: FusedExample) -> None:
    clip = video.store.read("items").filter(item="video:clip10").to_dicts()[0]
    assert (clip["title"], clip["brand"]) == ("Running, part 3", "Channel 0")
    assert clip["categories"] == ["Running", "Series"]
    assert (clip["tags"], clip["length_s"]) == (["long"], 600)
    assert clip["published"] == datetime(2025, 2, 11, 7, tzinfo=UTC)


def test_strength_follows_the_watched_share_and_repeats_count_less(video: FusedExample) -> None:
    events = video.events_of("video", "v9")
    rows = list(events.select("object_id", "type", pl.col("dwell_s").round(3)).iter_rows())
    assert [row for row in rows if row[1] == "watch"] == [
        ("video:clip21", "watch", 108.347),
        ("video:clip5", "watch", 124.669),
        ("video:clip5", "watch", 160.111),
        ("video:clip33", "watch", 39.77),
    ]
    # Clips 21 and 5 take 180 s, clip 33 takes 45 s.
    # A half is worth 0.7, a full watch 1.05, cut to 1.
    shares = [108.347 / 180, 124.669 / 180, 160.111 / 180, 39.77 / 45]
    first, second, again, whole = (min(0.7 * (0.5 + share), 1.0) for share in shares)
    strengths = events.filter(type="watch")["strength"]
    assert strengths.to_list() == pytest.approx([first, second, again / 2**0.5, whole], abs=1e-4)
    watched = video.store.read("events").filter(type="watch")["strength"]
    assert 0.7 * 0.5 / 2 <= float(watched.min()) < float(watched.max()) <= 1.0  # type: ignore[arg-type]
    marks = video.store.read("events").filter(pl.col("type") != "watch")
    assert set(marks["strength"]) == {0.8, 0.9}
