"""Packing: every token once, in time-major order, with nothing but its own past."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.features.history import History
from plait.features.packed_tensors import LOOKBACK, pack_histories


def history(lengths: list[int], seed: int = 0, platforms: int = 2) -> History:
    random = np.random.default_rng(seed)
    count = sum(lengths)
    return History(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        random.integers(1, 99, count).astype(np.int32),
        random.integers(0, platforms, count).astype(np.int16),
        np.zeros(count, np.int16),
        np.sort(random.integers(0, 10**15, count)).astype(np.int64),
        np.ones(count, np.float32),
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 7), max_size=6), st.integers(0, 99), st.integers(1, 3))
def test_every_token_knows_its_own_past(lengths: list[int], seed: int, platforms: int) -> None:
    whole = history(lengths, seed, platforms)
    tokens = pack_histories(whole, range(platforms))
    assert int(tokens.steps.sum()) == len(tokens.item) == 2 * len(whole.item)
    assert (tokens.steps.diff() <= 0).all()
    merged, own = tokens.merged.numpy(), tokens.own.numpy()
    item, earlier = tokens.item.numpy(), tokens.earlier.numpy()
    for person in range(len(whole)):
        start, end = whole.offsets[person], whole.offsets[person + 1]
        for event in range(start, end):
            token = merged[1 + event] - 1
            assert item[token] == whole.item[event]
            past = whole.item[max(start, event - LOOKBACK) : event][::-1]
            assert [item[t - 1] for t in earlier[token] if t] == list(past)
            for platform in range(platforms):
                mine = [e for e in range(start, event + 1) if whole.platform[e] == platform]
                newest = own[1 + event, platform]
                assert (newest == 0) == (not mine)
                if mine:
                    assert item[newest - 1] == whole.item[mine[-1]]
                    before = [whole.item[e] for e in mine[:-1]][::-1][:LOOKBACK]
                    assert [item[t - 1] for t in earlier[newest - 1] if t] == before


def test_the_first_row_stands_for_no_event() -> None:
    tokens = pack_histories(history([2, 0]), [0, 1])
    assert tokens.merged[0] == 0
    assert (tokens.own[0] == 0).all()


def test_a_view_reads_gaps_between_its_own_events() -> None:
    day = 86_400_000_000
    two = History(
        np.array([0, 3]),
        np.array([1, 2, 3], np.int32),
        np.array([0, 1, 0], np.int16),
        np.zeros(3, np.int16),
        np.array([0, day, 2 * day]),
        np.ones(3, np.float32),
    )
    tokens = pack_histories(two, [0])
    merged = tokens.gap[tokens.merged[3] - 1]
    own = tokens.gap[tokens.own[3, 0] - 1]
    assert own == merged + 1  # two days are one bucket more than one
