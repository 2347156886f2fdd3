"""A family on one mailbox is told apart; typing errors and nicknames are not."""

from __future__ import annotations

from itertools import combinations

import polars as pl
import pytest

from plait.identity.cluster_guards import CONTRADICTIONS
from plait.identity.contradictions import MAX_COMPARED, find_contradictions

from .edges import edge_frame

COLUMNS = ["account", "given_name", "surname", "birth_date", "national_id"]


def _found(*records: tuple[str | None, ...]) -> set[tuple[str, str, str]]:
    """Returns the contradictions among accounts a, b, ... with one address."""
    rows = [(chr(97 + n), *record) for n, record in enumerate(records)]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    star = edge_frame(("a", row[0], "email", 1.0) for row in rows[1:])
    return set(find_contradictions(star, frame).rows())


def test_a_family_of_four_is_four_people() -> None:
    family = [("anna", "1980"), ("paul", "1978"), ("mia", "2008"), ("leo", "2011")]
    found = _found(*((name, "berg", f"{year}0321", None) for name, year in family))
    assert {pair[:2] for pair in found} == set(combinations("abcd", 2))
    assert {because for *_, because in found} == {"given_name, birth_date"}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (("anna", "berg", "19800321", None), ("anna", "berg", "19991231", None)),  # one name
        (("anna", "berg", "19800321", None), ("ana", "berg", "19991231", None)),
        (("robert", "berg", None, None), ("rob", "berg", None, None)),
        (("a", "berg", "19800321", None), ("anna", "berg", "19991231", None)),
        (("william", "berg", "19800321", None), ("bill", "berg", "19800321", None)),
        (("william", "berg", "19800321", None), ("bill", "berg", "19802103", None)),
        (("william", "berg", "19800321", None), ("bill", "berg", "1980321", None)),
        (("william", "berg", None, "X12"), ("bill", "berg", "19800321", "X12")),
        (("anna", "berg", None, None), ("berg", "anna", None, None)),
        (("anna", "berg", None, None), (None, "berg", "19800321", None)),
    ],
)
def test_an_error_or_another_form_is_no_contradiction(
    one: tuple[str | None, ...], two: tuple[str | None, ...]
) -> None:
    assert _found(one, two) == _found(two, one) == set()


def test_twins_and_a_couple_are_two_people() -> None:
    twins = _found(("anna", "berg", None, "X123"), ("paul", "berg", None, "Y456"))
    assert twins == {("a", "b", "given_name, national_id")}
    assert _found(("anna", "berg", None, None), ("paul", "moss", "19800321", None)) == {
        ("a", "b", "given_name")
    }


def test_records_without_names_and_very_many_holders_are_no_matter() -> None:
    star = edge_frame((f"a{0:03}", f"a{n:03}", "email", 1.0) for n in range(1, MAX_COMPARED + 3))
    nobody = pl.DataFrame({"account": ["a000"], "birth_date": ["19800321"]})
    assert find_contradictions(star, nobody).schema == pl.Schema(CONTRADICTIONS)
    names = ["anna", *["paul"] * (MAX_COMPARED + 1), "zoe"]
    records = pl.DataFrame({"account": [f"a{n:03}" for n in range(len(names))]}).with_columns(
        given_name=pl.Series(names)
    )
    assert find_contradictions(star, records)["account_a"].unique().to_list() == ["a000"]
