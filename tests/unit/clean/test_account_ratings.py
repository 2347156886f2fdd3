"""The ratings of an account are found by its id."""

from __future__ import annotations

import polars as pl

from plait.clean.account_ratings import AccountRatings


def test_sums_are_found_by_account_and_others_have_none() -> None:
    rated = pl.DataFrame({"account": ["a", "b", "a"], "place": [0.5, 0.25, 1.0]})
    asked = pl.Series(["b", "new", None, "a"])
    found = AccountRatings.of(rated).find(asked)
    assert found.rows() == [(0.25, 1.0), (0.0, 0.0), (0.0, 0.0), (1.5, 2.0)]
    none = AccountRatings.of(rated.clear()).find(asked)
    assert none.rows() == [(0.0, 0.0)] * 4
