"""The feedback log is rewritten without some rows, and the others are still read once."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from plait.store import Store
from plait.store.feedback.compaction import compact
from plait.store.feedback.log_listing import list_log
from plait.store.feedback.log_paths import EVENTS_FOLDER
from plait.store.feedback.rewrite_log import rewrite_log
from tests.unit.store.feedback.test_compaction import NOW, put, read


def without(*names: str) -> object:
    return lambda rows: rows.filter(~pl.col("event_id").is_in(names))


def test_rows_go_and_what_a_version_has_read_stays_read(store: Store) -> None:
    known = put(store, 1, 2, 3, width=2)
    assert rewrite_log(store, EVENTS_FOLDER, without("e1-0", "e2-0", "e2-1")) == 2  # type: ignore[arg-type]
    assert read(store) == ["e1-1", "e3-0", "e3-1"]
    put(store, 4)
    listing = list_log(store, EVENTS_FOLDER)
    assert read(store, listing.unread(known)) == ["e4-0"]
    assert listing.missing(known) == []  # also not the one of which nothing is left
    assert rewrite_log(store, EVENTS_FOLDER, without("e1-0")) == 0  # type: ignore[arg-type]


def test_parts_are_rewritten_and_their_bytes_go_with_the_next_compaction(store: Store) -> None:
    known = put(store, *range(1, 5))
    assert compact(store, least=2, grace=NOW) == 3
    (part,) = list_log(store, EVENTS_FOLDER).paths
    assert rewrite_log(store, EVENTS_FOLDER, without("e2-0")) == 1  # type: ignore[arg-type]
    assert read(store) == ["e1-0", "e3-0", "e4-0"]
    for before in (known, [part]):
        listing = list_log(store, EVENTS_FOLDER)
        assert (listing.unread(before), listing.missing(before)) == ([], [])
    compact(store, least=2, grace=NOW)
    left = [pl.read_parquet(file) for file in Path(store.uri, EVENTS_FOLDER).glob("*.parquet")]
    assert "e2-0" not in pl.concat(left, how="diagonal_relaxed").write_json()
    assert list_log(store, EVENTS_FOLDER).missing([*known, part]) == []


def test_what_need_not_be_looked_at_is_left(store: Store) -> None:
    known = put(store, 1, 2)
    assert rewrite_log(store, EVENTS_FOLDER, without("e1-0", "e2-0"), known[:1]) == 1  # type: ignore[arg-type]
    assert read(store) == ["e1-0"]
