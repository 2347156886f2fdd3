"""The feedback log's objects become few parts: nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import plait.store.feedback.compaction as compaction
from plait.contracts.event_rows import FEEDBACK_EVENTS
from plait.errors import UnreadableFile
from plait.store import Store
from plait.store.feedback.compaction import compact
from plait.store.feedback.compaction_index import read_index
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.feedback.log_listing import LogSlice, list_log, read_slice
from plait.store.feedback.log_part import LOG_OBJECT
from plait.store.feedback.log_paths import EVENTS_FOLDER, compaction_number, last_drained_id
from plait.store.store_objects import list_objects, remove_objects, write_object

NOW = timedelta(0)


def put(store: Store, *numbers: int, width: int = 1) -> list[str]:
    """Writes an object for each number, as drained at that millisecond; returns their paths."""
    log = FeedbackLog(store)
    paths = []
    for n in numbers:
        ids = [f"e{n}-{i}" for i in range(width)]
        rows = pl.DataFrame({"event_id": ids}).select(
            pl.col(name).cast(kind) if name == "event_id" else pl.lit(None, kind).alias(name)
            for name, kind in FEEDBACK_EVENTS.items()
        )
        log.write_events(rows, f"{n}-0_{n}-5")
        paths.append(f"{EVENTS_FOLDER}/{n}-0_{n}-5.parquet")
    return paths


def read(store: Store, pieces: list[LogSlice] | None = None) -> list[str]:
    """Returns the events of `pieces` (default: all), in order; each should be there once."""
    pieces = list_log(store, EVENTS_FOLDER).slices() if pieces is None else pieces
    rows = [rows for piece in pieces for rows in read_slice(store, piece)]
    return sorted(event for part in rows for event in part["event_id"])


def events(*numbers: int, width: int = 1) -> list[str]:
    return sorted(f"e{n}-{i}" for n in numbers for i in range(width))


def objects(store: Store) -> list[str]:
    return sorted(meta["path"] for meta in list_objects(store.objects, EVENTS_FOLDER))


def test_many_objects_become_a_part_with_the_same_rows(either_store: Store) -> None:
    store = either_store
    paths = put(store, *range(40), width=3)
    FeedbackLog(store).write_directly(
        pl.DataFrame(schema=FEEDBACK_EVENTS).vstack(
            next(read_slice(store, LogSlice(paths[0]))).drop(LOG_OBJECT)
        )
    )
    before = read(store)
    assert compact(store) == 40
    (part,) = list_log(store, EVENTS_FOLDER).paths
    assert read(store) == before
    assert last_drained_id([part], EVENTS_FOLDER) == "39-5"
    assert len(objects(store)) == 42  # who looked before may still read what was replaced
    assert compact(store, grace=NOW) == 0
    assert objects(store) == [part]
    assert read(store) == before


def test_a_part_survives_a_power_loss_before_an_index_names_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, *range(40))
    synced: list[str] = []
    sync, name_parts = os.fsync, compaction.write_index

    def note(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    def check(*asked: Any) -> None:
        for part in asked[2].parts:
            assert str(store.path(part)) in synced
        name_parts(*asked)

    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(compaction, "write_index", check)
    assert compact(store) == 39


def test_few_objects_stay(store: Store) -> None:
    paths = put(store, *range(compaction.MIN_OBJECTS - 1))
    assert compact(store) == 0
    assert objects(store) == sorted(paths)


def test_the_rows_keep_their_object_and_their_place_in_it(store: Store) -> None:
    put(store, *range(3), width=2)
    alone = pl.concat(
        r for p in list_log(store, EVENTS_FOLDER).slices() for r in read_slice(store, p)
    )
    compact(store, least=2)
    (piece,) = list_log(store, EVENTS_FOLDER).slices()
    assert next(read_slice(store, piece)).equals(alone)


def test_parts_become_larger_and_few(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "FAN_IN", 3)
    total = 0
    for turn in range(30):  # parts of parts of parts
        put(store, *range(total, total + 3))
        total += 3
        compact(store, least=3, grace=NOW)
        if turn == 15:
            assert read(store) == events(*range(total))
    assert read(store) == events(*range(total))
    assert len(objects(store)) < 18
    assert len(list_objects(store.objects, "feedback/index")) < 10


def test_a_full_part_is_left_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "FULL_PART_ROWS", 10)
    put(store, *range(25))
    compact(store, least=4)
    rows = sorted(read_index(store.objects, EVENTS_FOLDER).parts.values())
    assert rows == [5, 10, 10]
    assert read(store) == events(*range(25))


def test_what_a_version_read_is_known_whatever_holds_it_now(either_store: Store) -> None:
    """It named objects, then a part; both lie in a part of parts, beside what is new."""
    store = either_store
    first = put(store, 1, 2, 3)
    known = set(list_log(store, EVENTS_FOLDER).paths)
    put(store, 4, 5, 6)
    compact(store, least=2, grace=NOW)
    listing = list_log(store, EVENTS_FOLDER)
    assert (read(store, listing.unread(known)), listing.missing(known)) == (events(4, 5, 6), [])
    part = set(listing.paths)
    assert (listing.unread(part), listing.missing(part)) == ([], [])
    for n in range(7, 7 + 2 * compaction.FAN_IN):
        put(store, n, 100 + n)
        compact(store, least=2, grace=NOW)
    listing = list_log(store, EVENTS_FOLDER)
    everything = read(store)
    assert not part & set(objects(store)), "its part was merged"
    assert read(store, listing.unread(part)) == sorted(set(everything) - set(events(*range(1, 7))))
    assert read(store, listing.unread(set(first))) == sorted(set(everything) - set(events(1, 2, 3)))
    assert listing.missing(part | set(first)) == []
    assert listing.missing({f"{EVENTS_FOLDER}/9000-0_9000-0.parquet"}) == [
        f"{EVENTS_FOLDER}/9000-0_9000-0.parquet"
    ]


def test_who_looked_before_a_compaction_finds_the_rows_after_it(either_store: Store) -> None:
    store = either_store
    put(store, *range(3), width=2)
    pieces = list_log(store, EVENTS_FOLDER).slices()
    compact(store, least=2)
    assert read(store, pieces) == events(*range(3), width=2)
    compact(store, grace=NOW)
    assert len(objects(store)) == 1
    assert read(store, pieces) == events(*range(3), width=2)
    held = list_log(store, EVENTS_FOLDER).slices()  # a part that a larger one takes in, too
    for n in range(10, 10 + compaction.FAN_IN):
        put(store, n, 100 + n)
        compact(store, least=2, grace=NOW)
    compact(store, grace=NOW)
    assert not {piece.path for piece in (*held, *pieces)} & set(objects(store))
    assert read(store, held) == events(*range(3), width=2)
    assert read(store, pieces[:1]) == events(0, width=2)


def test_a_piece_that_is_nowhere_is_named(store: Store) -> None:
    (path,) = put(store, 1)
    (piece,) = list_log(store, EVENTS_FOLDER).slices()
    remove_objects(store.objects, [path])
    with pytest.raises(UnreadableFile, match="1-0_1-5"):
        read(store, [piece])


class Died(Exception):
    pass


@pytest.mark.parametrize("step", ["write_object", "write_index", "remove_objects"])
@pytest.mark.parametrize("done", [False, True])
def test_a_compaction_that_dies_anywhere_changes_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str, done: bool
) -> None:
    put(store, *range(10))
    if step == "remove_objects":
        compact(store, least=4)
    work: Callable[..., Any] = getattr(compaction, step)

    def die(*args: Any, **more: Any) -> None:
        if done:
            work(*args, **more)
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(compaction, step, die)
        with pytest.raises(Died):
            compact(store, least=4, grace=NOW)
    assert read(store) == events(*range(10))
    put(store, *range(10, 20))
    compact(store, least=4, grace=NOW)
    compact(store, least=4, grace=NOW)
    assert read(store) == events(*range(20))
    assert len(objects(store)) == len(list_log(store, EVENTS_FOLDER).paths)


def test_of_two_compactions_at_once_one_has_no_effect(
    either_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = either_store
    put(store, *range(10))
    write = compaction.write_index

    def overtaken(*args: Any) -> None:
        monkeypatch.setattr(compaction, "write_index", write)
        assert compact(store, least=4) == 9
        write(*args)

    monkeypatch.setattr(compaction, "write_index", overtaken)
    assert compact(store, least=4) == 0
    assert read(store) == events(*range(10))
    listing = list_log(store, EVENTS_FOLDER)
    assert len(listing.paths) == 1
    assert not any(map(compaction_number, listing.obsolete))  # its parts went with it


def test_an_object_that_a_drainer_writes_once_more_is_not_read_again(store: Store) -> None:
    """Its answer was lost; the object is in a part, and gone, when it tries again."""
    put(store, *range(10))
    compact(store, least=4, grace=NOW)
    compact(store, grace=NOW)
    put(store, 3, 11)
    assert read(store) == events(*range(10), 11)
    compact(store, grace=NOW)
    assert len(objects(store)) == 2
    assert read(store) == events(*range(10), 11)


def test_a_damaged_object_stays_and_is_named(store: Store) -> None:
    put(store, *range(5))
    write_object(store.objects, f"{EVENTS_FOLDER}/x.parquet", b"PAR1 nothing")
    assert compact(store, least=4) == 4
    with pytest.raises(UnreadableFile, match=r"x\.parquet"):
        read(store)


def test_rows_of_another_plait_keep_their_columns(store: Store) -> None:
    (path,) = put(store, 1)
    rows = next(read_slice(store, LogSlice(path))).drop(LOG_OBJECT)
    FeedbackLog(store)._put(
        f"{EVENTS_FOLDER}/2-0_2-0.parquet", rows.with_columns(later=pl.lit("x"))
    )
    compact(store, least=2)
    (piece,) = list_log(store, EVENTS_FOLDER).slices()
    assert next(read_slice(store, piece))["later"].to_list() == [None, "x"]
