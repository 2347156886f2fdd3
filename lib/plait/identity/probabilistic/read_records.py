"""Takes the records that are compared from raw rows of accounts. They stay in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import polars as pl

from plait.sources.values.null_words import null_words_to_null

PREFIX = "attribute:"


def read_records(
    raw: pl.DataFrame, accounts: pl.Series, platform: str, null_words: Collection[str]
) -> pl.DataFrame:
    """Returns account, platform and a text column a meaning; null words are null.

    Args:
        raw: usable account rows, with columns attribute:<meaning>; see accounts_mapping.
        accounts: the pseudonym of the account of each row.
        platform: the platform.
        null_words: the words of the platform that stand for null.
    """
    named = [name for name in raw.columns if name.startswith(PREFIX)]
    trimmed = raw.select(pl.col(named).str.strip_chars())
    texts = null_words_to_null(trimmed, null_words, named)
    texts = texts.select(pl.col(name).alias(name.removeprefix(PREFIX)) for name in named)
    return texts.select(accounts.alias("account"), pl.lit(platform).alias("platform"), pl.all())


def gather_records(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Returns the records of all platforms; a meaning that a platform lacks is null there."""
    empty = pl.DataFrame(schema={"account": pl.String(), "platform": pl.String()})
    return pl.concat([empty, *parts], how="diagonal")
