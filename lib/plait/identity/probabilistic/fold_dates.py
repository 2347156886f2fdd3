"""Reads dates in any common order, as eight digits."""

from __future__ import annotations

import polars as pl

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FIRST = r"^(\d{4})\D+(\d{1,2})\D+(\d{1,2})(?:\D.*)?$"
_YEAR_LAST = r"^(\d{1,2})\D+(\d{1,2})\D+(\d{4}|\d{2})$"
_EIGHT_DIGITS = r"^(\d{8})(?:\D.*)?$"
_YEAR = r"^(\d{4})$"


def fold_dates(texts: pl.Series, years_to: int) -> pl.Series:
    """Returns dates as YYYYMMDD, or YYYY where only a year is known; null if unreadable.

    A date with a wrong digit (month 13) keeps its digits: it is compared, not used. Whether the
    day or the month stands first is decided by the numbers above 12 of the whole column (day, if
    there are none).

    Args:
        texts: dates as text, of one platform.
        years_to: the last year that a year of two digits may mean.
    """
    frame = pl.DataFrame({"text": _spell_months(texts)})
    text = pl.col("text")
    first, second, last = (text.str.extract(_YEAR_LAST, part) for part in (1, 2, 3))
    over = frame.select(
        days=(first.cast(pl.Int32) > 12).sum(), months=(second.cast(pl.Int32) > 12).sum()
    )
    months_first = bool(over["months"][0] > over["days"][0])
    day, month = (second, first) if months_first else (first, second)
    year_last = pl.concat_str(_whole_year(last, years_to), _two(month), _two(day))
    year_first = pl.concat_str(
        text.str.extract(_YEAR_FIRST, 1),
        _two(text.str.extract(_YEAR_FIRST, 2)),
        _two(text.str.extract(_YEAR_FIRST, 3)),
    )
    known = pl.coalesce(
        text.str.extract(_EIGHT_DIGITS), year_first, year_last, text.str.extract(_YEAR)
    )
    return frame.select(known.alias(texts.name))[texts.name]


def _spell_months(texts: pl.Series) -> pl.Series:
    """Returns dates in digits: 3 May 1980 as 3-5-1980, and May 3, 1980 as 1980-5-3."""
    text = pl.col("text")
    lower = text.str.strip_chars().str.to_lowercase()
    word = lower.str.extract(r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b")
    month = word.replace_strict(list(_MONTHS), [str(n) for n in range(1, 13)], default=None)
    year = lower.str.extract(r"(\d{4})")
    day = lower.str.replace(r"\d{4}", "").str.extract(r"(\d{1,2})")
    spelt = pl.concat_str(year, month, day, separator="-")
    frame = pl.DataFrame({"text": texts.cast(pl.String)})
    return frame.select(pl.when(word.is_null()).then(lower).otherwise(spelt))["text"]


def _whole_year(year: pl.Expr, years_to: int) -> pl.Expr:
    number = year.cast(pl.Int32)
    century = years_to // 100 * 100
    whole = number + century - pl.when(number + century > years_to).then(100).otherwise(0)
    return pl.when(year.str.len_chars() == 2).then(whole.cast(pl.String)).otherwise(year)


def _two(number: pl.Expr) -> pl.Expr:
    return number.str.zfill(2)
