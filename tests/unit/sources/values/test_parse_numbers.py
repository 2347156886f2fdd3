"""Numbers as programs and people write them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.sources.values.parse_numbers import parse_numbers, written_currencies

BLANKS = [" ", "\u00a0", "\u202f"]


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("1", 1, 1), ("-2", -2, -2), ("1e5", 1e5, 1e5), (" 5 ", 5, 5), ("+5", 5, 5),
        ("1.5", 1.5, None), (".5", 0.5, None), ("12,50", None, 12.5), (",5", None, 0.5),
        ("€ 12.50", 12.5, None), ("12,50 EUR", None, 12.5), ("US$ 3", 3, 3), ("-€5", -5, -5),
        ("€-5", -5, -5), ("5 €", 5, 5), ("$1,234.50", 1234.5, None), ("1,234", None, 1.234),
        ("1.234", 1.234, 1234), ("1,234,567", 1234567, None), ("1.234.567", None, 1234567),
        ("1.234,5", None, 1234.5), ("CHF 1'234.50", 1234.5, None), ("1\u2019234", 1234, 1234),
        ("1\u202f234,56", None, 1234.56), ("1\u00a0234.5", 1234.5, None), ("1 234", 1234, 1234),
        ("0,123.5", None, None), ("12.34.56", None, None), ("1,23,456.0", None, None),
        ("1'234,567.0", None, None), ("-€-5", None, None), ("EUR 5 EUR", None, None),
        ("5%", None, None), ("EUR 1e5", None, None), ("inf", None, None), ("nan", None, None),
        ("1e400", None, None), ("\u0661\u0662", None, None), ("EUR", None, None), (".", None, None),
        ("", None, None), ("1 2", None, None), ("cheap", None, None), (None, None, None),
    ],
)  # fmt: skip
def test_a_number_is_read_or_refused(
    text: str | None, point: float | None, comma: float | None
) -> None:
    column = pl.Series("n", [text, "7", "x"], pl.String)
    assert parse_numbers(column).to_list() == [point, 7, None]
    assert parse_numbers(column, ",").to_list() == [comma, 7, None]
    both = column.to_frame().select(
        parse_numbers(pl.col("n")).alias("p"), parse_numbers(pl.col("n"), ",").alias("c")
    )
    assert both.row(0) == (point, comma)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_programs_write_is_read_exactly(number: float) -> None:
    assert parse_numbers(pl.Series([repr(number)]))[0] == number


@given(
    st.integers(-(10**12), 10**12),
    st.sampled_from(".,"),
    st.sampled_from(["'", *BLANKS, "other"]),
    st.sampled_from([("", ""), ("€", ""), ("", " EUR"), ("$ ", "")]),
    st.lists(st.sampled_from(["1,5", "1.5", "x", "7"])),
)
def test_written_amounts_are_read_back(
    cents: int, decimal: str, group: str, currency: tuple[str, str], others: list[str]
) -> None:
    group = {".": ",", ",": "."}[decimal] if group == "other" else group
    text = f"{abs(cents) / 100:,.2f}".replace(",", "g").replace(".", decimal).replace("g", group)
    text = ("-" if cents < 0 else "") + text.join(currency)
    column = pl.Series([text, *others])
    assert parse_numbers(column, decimal)[0] == pytest.approx(cents / 100)
    assert parse_numbers(column, decimal)[0] == parse_numbers(column[:1], decimal)[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("€ 12.50", "EUR"), ("12,50 €", "EUR"), ("£5", "GBP"), ("US$ 3", "USD"),
        ("CHF 1'234", "CHF"), ("-€5", "EUR"),
        ("5 EUR", "EUR"), ("EUR€ 5", "EUR"), ("$5", None), ("¥5", None),
        ("5 PCS", None), ("5", None), ("1E5", None), ("EUR five", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_sign_or_code_names_a_currency(text: str | None, code: str | None) -> None:
    column = pl.Series("n", [text, "7", "x"], pl.String)
    assert written_currencies(column).to_list() == [code, None, None]
    assert written_currencies(column[1:]).to_list() == [None, None]
