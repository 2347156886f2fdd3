"""Rows are split by a column, and none is lost or repeated."""

from __future__ import annotations

import polars as pl
import pytest

import plait.identity.rows_in_parts as module
from plait.identity.rows_in_parts import distinct_rows, split_rows

ROWS = pl.DataFrame(
    {"account": [f"a{n % 40}" for n in range(100)], "n": [n % 3 for n in range(100)]}
)


@pytest.mark.parametrize("most", [7, 50, 1_000])
def test_equal_values_are_in_one_part(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PART_ROWS", most)
    parts = list(split_rows(ROWS, "account"))
    assert len(parts) == 1 + 100 // most
    assert pl.concat(parts).sort("account", "n").equals(ROWS.sort("account", "n"))
    held = [account for part in parts for account in part["account"].unique()]
    assert len(held) == len(set(held)) == 40
    assert distinct_rows(ROWS).sort("account", "n").equals(ROWS.unique().sort("account", "n"))


def test_no_rows_stay_no_rows() -> None:
    assert distinct_rows(ROWS.clear()).equals(ROWS.clear())
