"""Words that mean that there is no value."""

from __future__ import annotations

import polars as pl

from plait.config.source_settings import NULL_WORDS
from plait.sources.values.null_words import find_null_words, null_words_to_null

FRAME = pl.DataFrame(
    {"row": [1, 2, 3, 4], "a": ["NA", "-", "x", None], "b": ["Nancy", "a-b", "0", ""]}
)


def test_words_are_null_and_nothing_else_changes() -> None:
    found = null_words_to_null(FRAME, NULL_WORDS)
    assert found["a"].to_list() == [None, None, "x", None]
    assert found.drop("a").equals(FRAME.drop("a"))
    assert find_null_words(FRAME, NULL_WORDS)["a"].to_list() == [True, True, False, False]


def test_only_the_columns_and_words_that_are_asked_for() -> None:
    assert null_words_to_null(FRAME, NULL_WORDS, ["b", "c"]).equals(FRAME)
    assert null_words_to_null(FRAME, ()).equals(FRAME)
    assert null_words_to_null(FRAME, ["x", "0"]).select("a", "b").rows()[2] == (None, None)
