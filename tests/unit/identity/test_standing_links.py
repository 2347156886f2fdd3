"""Of a pair of accounts the last word counts, however the log lies."""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.contracts.table_schema import conform_rows
from plait.identity.assertions.assertion import ASSERTIONS, LINK_ENDS, LOG_POSITION
from plait.identity.assertions.posted_links import read_posted_links
from plait.identity.standing_links import standing_links
from plait.live.stream_entries import decode_links as read_entries
from plait.live.stream_entries import encode_link, encode_unlink
from plait.privacy.pseudonym_key import PseudonymKey
from plait.store import Store
from plait.store.feedback.compaction import compact
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.feedback.log_listing import list_log
from plait.store.feedback.log_paths import LINKS_FOLDER
from plait.store.store_objects import write_object

KEY = PseudonymKey("k" * 64)
NOW = datetime(2025, 1, 1, tzinfo=UTC)
ENDS = [("a_1", "shop"), ("a_2", "shop"), ("a_3", "video"), ("a_4", "video")]
WORD = st.tuples(st.sampled_from(ENDS), st.sampled_from(ENDS), st.booleans())
Word = tuple[tuple[str, str], tuple[str, str], bool]


def _expected(words: list[Word]) -> dict[frozenset[str], bool]:
    return {frozenset((one[0], two[0])): joined for one, two, joined in words}


def _posted(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    schema = {**LINK_ENDS, "joined": pl.Boolean, **LOG_POSITION}
    return conform_rows(pl.DataFrame(rows, schema=schema, orient="row"), ASSERTIONS)


def _found(said: pl.DataFrame) -> dict[frozenset[str], bool]:
    rows = standing_links(said).select("account_a", "account_b", "joined").rows()
    found = {frozenset((a, b)): joined for a, b, joined in rows}
    assert len(found) == len(rows)
    return found


@given(st.lists(WORD, max_size=20), st.integers(1, 5), st.randoms(use_true_random=False))
def test_the_last_word_counts_in_any_order_of_rows(
    words: list[Word], size: int, draws: Random
) -> None:
    rows = [
        (*one, *two, joined, 1000 + n // size, None, f"{n // size}", n % size)
        for n, (one, two, joined) in enumerate(words)
    ]
    draws.shuffle(rows)
    assert _found(_posted(rows)) == _expected(words)


@settings(max_examples=8, deadline=None)
@given(st.lists(WORD, min_size=1, max_size=12), st.lists(st.integers(1, 3), min_size=12))
def test_the_last_word_counts_in_parts_and_compacted(words: list[Word], sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _write_in_parts(Store(Path(folder) / "store"), words, sizes)


def _write_in_parts(store: Store, words: list[Word], sizes: list[int]) -> None:
    log, left, at = FeedbackLog(store), list(words), 8
    for size in sizes:  # ids of 8, 9, 10, ... digits: no order of names
        some, left = left[:size], left[size:]
        if not some:
            break
        # A clock that goes back changes nothing: the stream's order counts.
        said = [
            (encode_link if joined else encode_unlink)(one, two, NOW - timedelta(seconds=at))
            for one, two, joined in some
        ]
        log.write_links(read_entries(said), f"{at}-0_{at}-{len(some)}")
        at += 1
        done = words[: len(words) - len(left)]
        for _ in range(2):
            assert _found(
                read_posted_links(store, list_log(store, LINKS_FOLDER).slices())
            ) == _expected(done)
            compact(store, least=2, grace=timedelta(0))


def test_links_of_yesterday_are_read(store: Store) -> None:
    body = io.BytesIO()
    read_entries([encode_link(ENDS[0], ENDS[2], NOW)]).drop(
        "apart", "apart_platform"
    ).write_parquet(body)
    write_object(store.objects, f"{LINKS_FOLDER}/1-0_1-0.parquet", body.getvalue())
    (row,) = standing_links(read_posted_links(store, list_log(store, LINKS_FOLDER).slices())).rows()
    drained = datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)  # what the object is called: 1-0
    assert row[:6] == (*ENDS[0], *ENDS[2], True, drained)


def test_a_place_in_the_log_that_is_no_time_is_no_error() -> None:
    rows = [(*ENDS[0], *ENDS[1], True, ms, None, "x", 0) for ms in (None, 2**62)]
    for row in rows:
        assert standing_links(_posted([row]))["since"].to_list() == [None]
