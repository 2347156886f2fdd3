from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from plait.contracts.event_types import EVENT_TYPE_CODES
from plait.contracts.store_tables import SEQUENCES
from plait.features.history import History, encode_history
from plait.features.vocabulary import Vocabulary


@pytest.fixture
def vocabulary() -> Vocabulary:
    items = pl.DataFrame({"item": ["b:1", "a:2", "a:1", "c:9"], "platform": ["b", "a", "a", "c"]})
    return Vocabulary.build(("a", "b"), items)


def sequences(*rows: list[str]) -> pl.DataFrame:
    when = datetime(2024, 1, 1, tzinfo=UTC)
    return SEQUENCES.conform(
        pl.DataFrame(
            {
                "person": [str(place) for place in range(len(rows))],
                "total": [len(row) for row in rows],
                "platform": [[item[0] for item in row] for row in rows],
                "item": list(rows),
                "type": [["view"] * len(row) for row in rows],
                "time": [[None, *[when] * (len(row) - 1)][: len(row)] for row in rows],
                "strength": [[0.3] * len(row) for row in rows],
            },
            schema_overrides=SEQUENCES.polars,
        )
    )


def test_items_are_numbered_platform_by_platform(vocabulary: Vocabulary) -> None:
    assert vocabulary.items["item"].to_list() == ["a:1", "a:2", "b:1"]
    assert vocabulary.platform_items("a").tolist() == [1, 2]
    assert vocabulary.platform_items("b").tolist() == [3]
    assert vocabulary.item_platform.tolist() == [-1, 0, 0, 1]
    assert len(vocabulary) == 4


def test_index_finds_known_items_only(vocabulary: Vocabulary) -> None:
    asked = pl.Series(["b:1", "nothing", None, "a:1", "a:1"])
    assert vocabulary.index(asked).tolist() == [3, 0, 0, 1, 1]
    assert vocabulary.index(pl.Series([], dtype=pl.String)).tolist() == []


def test_a_saved_vocabulary_is_the_same(vocabulary: Vocabulary, tmp_path) -> None:
    vocabulary.save(tmp_path)
    again = Vocabulary.load(tmp_path, vocabulary.platforms)
    assert again.items.equals(vocabulary.items)


def test_encode_drops_what_is_unknown(vocabulary: Vocabulary) -> None:
    whole = encode_history(sequences(["a:2", "x:7", "b:1"], [], ["c:9"], ["a:1"]), vocabulary)
    assert whole.offsets.tolist() == [0, 2, 2, 2, 3]
    assert whole.item.tolist() == [2, 3, 1]
    assert whole.platform.tolist() == [0, 1, 0]
    assert set(whole.type) == {EVENT_TYPE_CODES["view"]}
    assert whole.time[0] == -1
    assert whole.time[1] == 1_704_067_200_000_000
    assert whole.strength[0] == np.float32(0.3)


def test_encode_drops_types_that_a_newer_plait_knows(vocabulary: Vocabulary) -> None:
    three = sequences(["a:2", "a:1", "b:1"])
    strange = three.with_columns(pl.Series("type", [["hide", "view", None]]))
    assert encode_history(strange, vocabulary).item.tolist() == [1]


def test_encode_of_nobody_and_of_nothing(vocabulary: Vocabulary) -> None:
    assert encode_history(SEQUENCES.empty(), vocabulary).offsets.tolist() == [0]
    assert encode_history(sequences([], []), vocabulary).offsets.tolist() == [0, 0, 0]


def test_take_and_slice() -> None:
    whole = History(
        np.array([0, 2, 5, 5]),
        np.arange(1, 6, dtype=np.int32),
        np.zeros(5, np.int16),
        np.zeros(5, np.int16),
        np.arange(5),
        np.ones(5, np.float32),
    )
    some = whole.take(np.array([1, 0, 1]), until=np.array([2, 9, 0]))
    assert some.offsets.tolist() == [0, 2, 4, 4]
    assert some.item.tolist() == [3, 4, 1, 2]
    assert whole[1:].item.tolist() == [3, 4, 5]
    assert whole.positions.tolist() == [0, 1, 0, 1, 2]
    assert whole.keep(whole.item % 2 == 1).item.tolist() == [1, 3, 5]
