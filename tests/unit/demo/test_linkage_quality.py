"""Precision and recall of joined accounts, over pairs."""

from __future__ import annotations

import polars as pl
import pytest

from plait.demo.linkage_quality import count_found, measure_linkage
from plait.privacy.pseudonym import account_pseudonym
from plait.privacy.pseudonym_key import PseudonymKey

KEY = PseudonymKey("k" * 32)


def _accounts(**person_of: str) -> pl.DataFrame:
    raw = pl.Series("account", list(person_of))
    return pl.DataFrame(
        {"account": account_pseudonym(raw, KEY, "shop"), "person": list(person_of.values())}
    )


TRUTH = pl.DataFrame(
    {"platform": ["shop"] * 4, "account": ["a", "b", "c", "d"], "person": [0, 0, 0, 1]}
)


def test_joining_all_that_belong_together_is_perfect() -> None:
    found = measure_linkage(_accounts(a="x", b="x", c="x", d="y"), TRUTH, KEY)
    assert (found.precision, found.recall) == (1.0, 1.0)


def test_a_missed_account_costs_recall_and_a_wrong_one_precision() -> None:
    missed = measure_linkage(_accounts(a="x", b="x", c="z", d="y"), TRUTH, KEY)
    assert missed.precision == 1.0
    assert missed.recall == pytest.approx(1 / 3)
    wrong = measure_linkage(_accounts(a="x", b="x", c="x", d="x"), TRUTH, KEY)
    assert wrong.precision == pytest.approx(3 / 6)
    assert wrong.recall == 1.0


def test_crawlers_that_were_found_and_people_taken_for_one_are_told_apart() -> None:
    planted = TRUTH.filter(pl.col("account").is_in(["a", "b"]))
    found = count_found(_accounts(a="x", d="y"), planted, KEY)
    assert (found.planted, found.found, found.others) == (2, 1, 1)
