"""Words such as NA that a log writes where it has no value."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl


def null_words_to_null(
    frame: pl.DataFrame, words: Collection[str], columns: Collection[str] | None = None
) -> pl.DataFrame:
    """Returns `frame` with the values of text columns that are a null word as null.

    A word with white space around it is none; ids are trimmed before.

    Args:
        frame: columns of any type; those that are not text are not changed.
        words: the null words.
        columns: the columns to look at. Default: all.
    """
    found = find_null_words(frame, words, columns)
    return frame.with_columns(
        pl.when(~mask).then(pl.col(name)).alias(name) for name, mask in found.items()
    )


def find_null_words(
    frame: pl.DataFrame, words: Collection[str], columns: Collection[str] | None = None
) -> dict[str, pl.Series]:
    """Returns whether each value is a null word, for the columns in which a word occurs."""
    wanted = frame.columns if columns is None else [n for n in columns if n in frame.columns]
    texts = [
        n for n in wanted if frame[n].dtype == pl.String and frame[n].null_count() < frame.height
    ]
    if not words or not texts:
        return {}
    listed = sorted(words)
    masks = frame.select(pl.col(name).is_in(listed) for name in texts)
    return {name: masks[name].fill_null(value=False) for name in texts if masks[name].any()}
