"""What holds as a dislike, against the plainest reading of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from plait.features.history import History
from plait.features.likes_and_dislikes import REVOKING_STRENGTH, Dislikes, keep_positive_events

events = st.tuples(st.integers(1, 4), st.sampled_from([-1.0, -0.5, -0.1, 0.0, 0.3, 0.7, 0.8, 1.0]))
people = st.lists(st.lists(events, max_size=8), min_size=1, max_size=4)


def history(rows: list[list[tuple[int, float]]]) -> History:
    flat = [event for row in rows for event in row]
    count = len(flat)
    return History(
        np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        np.array([item for item, _ in flat], np.int32),
        np.zeros(count, np.int16),
        np.zeros(count, np.int16),
        np.arange(count, dtype=np.int64),
        np.array([strength for _, strength in flat], np.float32),
    )


@given(people)
def test_a_dislike_holds_until_a_telling_act_on_the_item(
    rows: list[list[tuple[int, float]]],
) -> None:
    expected = {}
    for person, row in enumerate(rows):
        for item, strength in row:
            if strength < 0:
                expected[person, item] = max(expected.get((person, item), 0.0), -strength)
            elif strength >= REVOKING_STRENGTH:
                expected.pop((person, item), None)
    found = Dislikes.of(history(rows))
    pairs = zip(found.row.tolist(), found.item.tolist(), strict=True)
    assert dict(zip(pairs, found.strength.round(6).tolist(), strict=True)) == {
        pair: np.float32(strength).round(6) for pair, strength in expected.items()
    }
    assert len(found) == len(expected)


def test_what_was_liked_leaves_out_the_rest() -> None:
    kept = keep_positive_events(history([[(1, 1.0), (2, -1.0), (3, 0.0)], [(4, -0.5)], [(2, 0.3)]]))
    assert kept.item.tolist() == [1, 2]
    assert kept.offsets.tolist() == [0, 1, 1, 2]
