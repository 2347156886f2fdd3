from __future__ import annotations

import polars as pl
import pytest

from plait.contracts.event_rows import FEEDBACK_EVENTS, FEEDBACK_IMPRESSIONS
from plait.live.base_content import base_name, watermark
from plait.store import Store, StoreVersion
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.feedback.log_listing import list_log, read_slice
from plait.store.feedback.log_paths import EVENTS_FOLDER, IMPRESSIONS_FOLDER, LINKS_FOLDER


def rows(*ids: str) -> pl.DataFrame:
    return pl.DataFrame({"event_id": ids}).select(
        pl.col(n).cast(k) if n == "event_id" else pl.lit(None, k).alias(n)
        for n, k in FEEDBACK_EVENTS.items()
    )


def test_a_retry_writes_the_same_object(store: Store) -> None:
    log = FeedbackLog(store)
    log.write_events(rows("a", "b"), "1-0_2-0")
    log.write_events(rows("a", "b"), "1-0_2-0")
    (file,) = (store.path(EVENTS_FOLDER) or pytest.fail()).glob("*")
    assert pl.read_parquet(file)["event_id"].to_list() == ["a", "b"]


def test_a_torn_object_is_written_again(store: Store) -> None:
    log = FeedbackLog(store)
    log.write_events(rows("a"), "1-0_2-0")
    (file,) = (store.path(EVENTS_FOLDER) or pytest.fail()).glob("*")
    file.write_bytes(file.read_bytes()[:20])
    log.write_events(rows("a"), "1-0_2-0")
    assert pl.read_parquet(file).height == 1


def test_events_written_aside_never_collide(store: Store) -> None:
    log = FeedbackLog(store)
    for _ in range(5):
        log.write_directly(rows("a"))
    assert len(list((store.path(EVENTS_FOLDER) or pytest.fail()).glob("direct_*"))) == 5


def test_impressions_are_written_under_their_schema_and_compacted_like_the_rest(
    store: Store,
) -> None:
    log = FeedbackLog(store)
    for n in range(40):
        shown = pl.DataFrame({"recommendation_id": [f"r{n}"], "position": [1], "score": [0.5]})
        log.write_impressions(shown, f"{n}-0_{n}-0")
    assert log.compact() == 39
    listing = list_log(store, IMPRESSIONS_FOLDER)
    assert len(listing.paths) == 1
    found = pl.concat([rows for piece in listing.slices() for rows in read_slice(store, piece)])
    assert found.drop("log_object").schema == pl.Schema(FEEDBACK_IMPRESSIONS)
    assert sorted(found["recommendation_id"]) == sorted(f"r{n}" for n in range(40))


def test_the_watermark_is_the_last_drained_id_that_fuse_read() -> None:
    inputs = [
        {"path": "logs/shop.csv"},
        {"path": f"{EVENTS_FOLDER}/5-1_9-3.parquet"},
        {"path": f"{EVENTS_FOLDER}/10-0_10-20.parquet"},
        {"path": f"{EVENTS_FOLDER}/10-0_10-3.parquet"},
        {"path": f"{EVENTS_FOLDER}/direct_99_ab.parquet"},
        {"path": f"{LINKS_FOLDER}/4-0_4-0.parquet"},
    ]
    version = StoreVersion(1, {}, inputs=inputs)
    assert watermark(version, EVENTS_FOLDER) == "10-20"
    assert watermark(version, LINKS_FOLDER) == "4-0"
    assert watermark(StoreVersion(1, {}), EVENTS_FOLDER) == ""


def test_versions_of_two_stores_have_two_names() -> None:
    one = StoreVersion(1, {"events": 0}, published="2026-01-01T00:00:00+00:00")
    assert base_name(one) == base_name(StoreVersion(1, {"events": 0}, published=one.published))
    assert base_name(one) != base_name(StoreVersion(1, {"events": 0}, published="2026-01-02"))
