"""The report on identity, with and without a truth."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.errors import EmptyInput, MissingFile, UnknownColumn, UnreadableFile
from plait.identity.report.identity_report import make_report
from plait.identity.report.read_truth import Truth, read_truth
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym
from tests.unit.identity.stored import account, edge, publish_people

KEY = PseudonymKey("k" * 32)


def _project(folder: Path) -> Project:
    shop = {"accounts": {"files": "shop.csv", "account": "id", "keys": {"email": "mail"}}}
    return parse_config({"store": "store", "platforms": {"shop": shop}}, folder=folder)


def _truth(folder: Path, text: str) -> Truth:
    (folder / "truth.csv").write_text(text)
    return read_truth(folder / "truth.csv", _project(folder), KEY)


def test_sizes_evidence_and_blocked_values(tmp_path: Path) -> None:
    edges = [
        edge("a", "b"), edge("b", "c", "probabilistic", 0.9), edge("a", "d", "device", 0.5,
        dropped_as="contradiction"),
    ]  # fmt: skip
    row = {"key": "email", "prefix": "n/a", "accounts": 300, "values": 4, "reason": "null_word"}
    people = publish_people(tmp_path, {"1": "abc", "2": "d"}, edges, blocked=[row])
    found = make_report(people)
    assert (found.accounts, found.persons, found.joined, found.largest) == (4, 2, 3, 3)
    assert found.sizes == [
        {"size": "1", "persons": 1, "accounts": 1}, {"size": "3", "persons": 1, "accounts": 3},
    ]  # fmt: skip
    rules = {each["rule"]: (each["edges"], each["used"], each["lowest"]) for each in found.evidence}
    assert rules == {"email": (1, 1, 1.0), "device": (1, 0, None), "probabilistic": (1, 1, 0.9)}
    assert found.dropped == {"contradiction": 1}
    assert found.blocked == [{"key": "email", "reason": "null_word", "values": 4, "accounts": 300}]
    assert found.truth is None


def test_only_accounts_with_a_known_truth_are_compared(tmp_path: Path) -> None:
    people = publish_people(tmp_path, {"1": "ab", "2": "cd"})
    told = pl.DataFrame(
        {"account": [account(n) for n in "abcz"], "platform": "shop", "true": ["x", "x", "x", "y"]}
    )
    found = make_report(people, Truth(told, 4, 0, 0, 0, {})).truth
    assert found is not None
    assert (found.unknown_accounts, found.without_truth) == (1, 1)
    assert (found.all.accounts, found.all.pairs_found, found.all.pairs_true) == (3, 1, 3)
    assert (found.all.pairwise.precision, found.all.pairwise.recall) == (1.0, 1 / 3)


def test_a_truth_counts_what_it_leaves_out(tmp_path: Path) -> None:
    truth = _truth(
        tmp_path,
        "account,platform,person,note\n1,shop,x,\n 1 ,shop,x,\n2,shop,x,\n2,shop,y,\n3,shop,,\n"
        "4,video,x,\n5,shop,z,\n",
    )
    assert truth.accounts["true"].to_list() == ["x", "z"]
    assert (
        truth.accounts["account"].to_list()
        == account_pseudonym(pl.Series(["1", "5"]), KEY, "shop").to_list()
    )
    assert (truth.rows, truth.incomplete, truth.repeated, truth.contradicting) == (7, 1, 1, 2)
    assert truth.unknown_platforms == {"video": 1}


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("platform,acount,person\n", UnknownColumn, "Did you mean 'acount'"),
        ("platform,account,person\n", EmptyInput, "has no rows"),
        ("", UnreadableFile, "cannot be read"),
        (None, MissingFile, "no truth file"),
    ],
)
def test_a_truth_that_cannot_be_used_says_why(
    tmp_path: Path, text: str | None, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        if text is None:
            read_truth(tmp_path / "none.csv", _project(tmp_path), KEY)
        else:
            _truth(tmp_path, text)


def test_a_truth_may_be_parquet_with_numbers(tmp_path: Path) -> None:
    rows = pl.DataFrame({"platform": ["shop"] * 2, "account": [1, 2], "person": [7, 7]})
    rows.write_parquet(tmp_path / "t.parquet")
    truth = read_truth(tmp_path / "t.parquet", _project(tmp_path), KEY)
    assert truth.accounts["true"].to_list() == ["7", "7"]
