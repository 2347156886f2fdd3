"""Spellings of one value are equal after folding."""

from __future__ import annotations

import polars as pl
import pytest

from plait.identity.probabilistic.fold_dates import fold_dates
from plait.identity.probabilistic.fold_phones import fold_phones
from plait.identity.probabilistic.fold_text import fold_code, fold_text
from plait.identity.probabilistic.make_features import make_features


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("  Zoë ", "zoe"),
        ("O'Brien", "obrien"),
        ("Anne-Marie", "anne marie"),
        ("STRAßE", "strasse"),
        ("Łukasz", "lukasz"),
        ("--", None),
        (None, None),
    ],
)
def test_text(said: str | None, folded: str | None) -> None:
    frame = pl.DataFrame({"text": [said]}, schema={"text": pl.String})
    assert frame.select(fold_text(pl.col("text"))).item() == folded


def test_codes_keep_letters_and_digits() -> None:
    frame = pl.DataFrame({"code": ["sw1a 1aa", "SW1A-1AA", " "]})
    assert frame.select(fold_code(pl.col("code")))["code"].to_list() == ["SW1A1AA", "SW1A1AA", None]


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("1980-05-03", "19800503"),
        ("19800503", "19800503"),
        ("1980/5/3", "19800503"),
        ("1980-05-03T00:00:00Z", "19800503"),
        ("3 May 1980", "19800503"),
        ("May 3, 1980", "19800503"),
        ("03.05.1980", "19800503"),
        ("3/5/80", "19800503"),
        ("3/5/21", "20210503"),
        ("19801343", "19801343"),
        ("1980", "1980"),
        ("soon", None),
    ],
)
def test_dates(said: str, folded: str | None) -> None:
    assert fold_dates(pl.Series([said]), 2029).to_list() == [folded]


def test_the_whole_column_says_whether_months_come_first() -> None:
    said = pl.Series(["05/03/1980", "05/28/1981"])
    assert fold_dates(said, 2029).to_list() == ["19800503", "19810528"]


def test_phones_of_a_country_are_one_number() -> None:
    said = pl.Series(["030 1234567", "+49 30 1234567", "12-34", None])
    countries = pl.Series(["de", None, None, None])
    assert fold_phones(said, countries).to_list() == ["+49301234567", "+49301234567", None, None]


def test_a_full_name_is_split() -> None:
    records = pl.DataFrame(
        {
            "account": ["a", "b", "c"],
            "platform": ["x"] * 3,
            "full_name": ["Dr. Ann B. Smith", "Smith, Ann", "Smith"],
        }
    )
    made = make_features(records)
    assert made["given_name"].to_list() == ["ann", "ann", None]
    assert made["surname"].to_list() == ["smith"] * 3


def test_an_account_with_several_rows_is_one_record() -> None:
    records = pl.DataFrame({"account": ["a", "a"], "platform": ["x", "x"], "city": [None, "Bern"]})
    assert make_features(records)["city"].to_list() == ["bern"]
