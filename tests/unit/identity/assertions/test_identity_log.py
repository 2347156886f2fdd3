"""The identity log holds every assertion once, whoever made it and however often it is read."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plait.identity.assertions.posted_links as posted_links
from plait.identity.assertions.identity_log import (
    open_log,
    read_history,
    read_standing,
    record_history,
)
from plait.identity.assertions.log_lines import log_lines
from plait.identity.assertions.posted_links import record_posted_links
from plait.identity.assertions.undo import CannotUndo, undo_assertion
from plait.live.stream_entries import decode_links, encode_link
from plait.store import Store
from plait.store.feedback.compaction import compact
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.feedback.log_listing import list_log
from plait.store.feedback.log_paths import LINKS_FOLDER
from plait.store.hash_chain import HashChain

from .said import end, post, standing, write

T = 1_700_000_000_000


def _posted(said: tuple[str, str, bool], ms: int) -> pl.DataFrame:
    now = datetime.fromtimestamp(ms / 1000, UTC)
    return decode_links([encode_link(end(said[0]), end(said[1]), now)])


def _lines(store: Store) -> list[tuple[str, str | None, bool]]:
    return [
        (line["kind"], line["who"], line["posted"]) for line in log_lines(open_log(store).read())
    ]


def test_what_was_posted_is_recorded_once_however_it_lies(store: Store) -> None:
    post(store, f"{T}-0_{T}-1", ("x", "y", True), ("y", "z", True))
    before = standing(store)
    assert before == {("x", "y"): True, ("y", "z"): True}
    assert record_history(store).record is not None
    post(store, f"{T + 1}-0_{T + 1}-0", ("x", "y", False))
    assert standing(store) == before | {("x", "y"): False}
    for _ in range(2):
        record_history(store)
        assert _lines(store) == [("link", "web", True)] * 2 + [("unlink", "web", True)]
        assert standing(store) == before | {("x", "y"): False}
        assert compact(store, least=2, grace=timedelta(0)) in (0, 1)
    assert open_log(store).read().end == 2


def test_entries_have_whole_objects(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posted_links, "ENTRY_ROWS", 3)
    for n, rows in enumerate([2, 2, 1, 7, 1]):
        post(store, f"{T + n}-0_{T + n}-9", *[("x", f"y{n}{row}", True) for row in range(rows)])
    pieces = list_log(store, LINKS_FOLDER).slices()
    assert record_posted_links(open_log(store), store, pieces) == 13
    entries = open_log(store).read().entries
    assert [len(entry.payloads) - 1 for entry in entries] == [2, 3, 7, 1]
    assert len(standing(store)) == 13
    # Objects without stream ids in their names: their rows are mixed by time.
    for name in ("one", "two"):
        rows = [_posted((name, f"{row}", True), T + row) for row in range(5)]
        FeedbackLog(store).write_links(pl.concat(rows), name)
    record_history(store)
    assert len(standing(store)) == 23
    assert len(_lines(store)) == 23


def test_two_runs_at_once_record_every_row_once(store: Store) -> None:
    for n in range(20):
        post(store, f"{T + n}-0_{T + n}-0", ("x", f"y{n}", True))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: record_history(store), range(4)))
    assert len(_lines(store)) == 20


def test_a_run_that_is_killed_between_entries_is_completed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posted_links, "ENTRY_ROWS", 1)
    for n in range(4):
        post(store, f"{T + n}-0_{T + n}-0", ("x", f"y{n}", True))
    whole, left = HashChain._put, iter([True, True, False])

    def dies(chain: HashChain, *content: Any) -> Any:
        done = whole(chain, *content)
        if not next(left):
            raise KeyboardInterrupt  # after the put, before anything is known of it
        return done

    monkeypatch.setattr(HashChain, "_put", dies)
    with pytest.raises(KeyboardInterrupt):
        record_history(store)
    monkeypatch.setattr(HashChain, "_put", whole)
    assert open_log(store).read().end == 3
    assert len(standing(store)) == 4
    record_history(store)
    assert len(_lines(store)) == 4


def test_links_written_at_once_all_land(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: write(store, ("x", f"y{n}", True)), range(8)))
    assert len(standing(store)) == 8


def test_between_the_two_logs_the_time_decides(store: Store) -> None:
    now = time.time_ns() // 1_000_000
    write(store, ("x", "y", False), ("v", "w", False))
    post(store, f"{now - 9000}-0_{now - 9000}-0", ("x", "y", True))
    later = now + 60_000
    post(store, f"{now - 5000}-0_{later}-0", ("v", "w", True), ms=later)
    for _ in range(2):
        assert standing(store) == {("x", "y"): False, ("v", "w"): True}
        record_history(store)


def test_a_wrong_clock_of_a_replica_does_not_outlive_its_object(store: Store) -> None:
    now = time.time_ns() // 1_000_000
    post(store, f"{now - 9000}-0_{now - 8000}-0", ("x", "y", True), ms=now + 10**10)
    write(store, ("x", "y", False))
    assert standing(store) == {("x", "y"): False}
    (row,) = read_standing(store).rows(named=True)
    assert (row["who"], row["why"], row["kind"]) == ("me", "because", "unlink")


NAMES = st.sampled_from("wxyz")
WORDS = st.lists(st.tuples(NAMES, NAMES, st.booleans(), st.booleans()), max_size=6)


@settings(max_examples=6, deadline=None)
@given(words=WORDS, undone=st.lists(st.integers(0, 5), max_size=4, unique=True))
def test_an_undone_assertion_was_never_made(
    tmp_path_factory: pytest.TempPathFactory, words: list[tuple[str, str, bool, bool]],
    undone: list[int],
) -> None:  # fmt: skip
    """Some are posted and some are written; the result is that of the others alone."""
    folder: Path = tmp_path_factory.mktemp("log")
    whole, bare = Store(folder / "whole"), Store(folder / "bare")
    for n, (a, b, joined, posted) in enumerate(words):
        left = n not in undone
        for store in (whole, bare) if left else (whole,):
            if posted:
                post(store, f"{T + n}-0_{T + n}-0", (a, b, joined), ms=T + n)
                record_history(store)
            else:
                write(store, (a, b, joined))
    placed = {}
    for line in log_lines(open_log(whole).read()):
        placed[len(placed)] = tuple(map(int, line["place"].split(".")))
    for n in undone:
        if n < len(words):
            undo_assertion(whole, *placed[n], "me", "a mistake")
            with pytest.raises(CannotUndo, match="undone already"):
                undo_assertion(whole, *placed[n], "me", "again")
    assert standing(whole) == standing(bare)


def test_what_cannot_be_undone_is_told(store: Store) -> None:
    with pytest.raises(CannotUndo, match=r"no entry 1.*It is empty"):
        undo_assertion(store, 1, None, "me", "why")
    write(store, ("x", "y", True), ("y", "z", True))
    post(store, f"{T}-0_{T}-0", ("x", "z", True))
    with pytest.raises(CannotUndo, match=r"2 assertions. They are 1.0 to 1.1"):
        undo_assertion(store, 1, None, "me", "why")
    with pytest.raises(CannotUndo, match=r"1\.2 does not exist"):
        undo_assertion(store, 1, 2, "me", "why")
    with pytest.raises(CannotUndo, match="record of the log"):
        undo_assertion(store, 2, 0, "me", "why")
    assert undo_assertion(store, 2, None, "me", "why", dry_run=True)[0] == (2, 1)
    assert undo_assertion(store, 2, None, "me", "why")[0] == (2, 1)
    with pytest.raises(CannotUndo, match=r"3\.0 is itself an undo, of 2\.1"):
        undo_assertion(store, 3, None, "me", "why")
    open_log(store).redact([(1, 0)], "me", "erasure")
    with pytest.raises(CannotUndo, match=r"1\.0 was removed by an erasure"):
        undo_assertion(store, 1, 0, "me", "why")
    assert standing(store) == {("y", "z"): True}
    assert [line["kind"] for line in log_lines(open_log(store).read())] == [
        "redacted", "link", "link", "undo", "redaction"
    ]  # fmt: skip


def test_a_redacted_posted_link_does_not_come_back(store: Store) -> None:
    post(store, f"{T}-0_{T}-1", ("x", "y", True), ("y", "z", True))
    record_history(store)
    open_log(store).redact([(1, 1)], "me", "erasure")
    assert standing(store) == {("y", "z"): True}
    assert record_history(store).assertions.height == 1
    assert read_history(store).record == {
        "path": "identity/log", "entries": 2, "head": open_log(store).read().head
    }  # fmt: skip
