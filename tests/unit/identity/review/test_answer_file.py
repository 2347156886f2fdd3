"""A file of answers: read whole, or refused whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.errors import MissingFile, PlaitError, UnknownColumn, UnreadableFile
from plait.identity.review.answer_file import (
    Answer,
    BadAnswer,
    name_answers,
    question_rows,
    read_answers,
)
from plait.identity.review.review_pairs import ReviewPair
from plait.identity.why.explanation import Evidence, StoredAccount, Term


def _file(folder: Path, *lines: str, header: str = "account_a,account_b,same,who,why") -> Path:
    path = folder / "answers.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_answers_are_read_and_blank_ones_are_counted(tmp_path: Path) -> None:
    path = _file(tmp_path, "shop:1,shop:2,YES,ann,", "shop:1,shop:3,,,", "shop:3, shop:4 ,n,,seen")
    answers, blank = read_answers(path)
    assert blank == 1
    assert answers == [
        Answer(2, "shop:1", "shop:2", same=True, who="ann"),
        Answer(4, "shop:3", "shop:4", same=False, why="seen"),
    ]


def test_who_and_why_may_be_left_out_and_repeats_count_once(tmp_path: Path) -> None:
    path = _file(tmp_path, "a,b,yes", "a,b,yes", header="account_a,account_b,same")
    assert [a.row for a in read_answers(path)[0]] == [2]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["a,b,maybe,,", "a,c,yes,,"], "row 2 of"),
        (["a,,yes,,"], "lacks an account"),
        (["a,a,yes,,"], "same account twice"),
        (["a,b,yes,,", "b,a,no,,"], "row 2, 3 of"),
        ([f"a,b,yes,,{'x' * 5000}"], "`why` of more than"),
    ],
)
def test_a_file_with_a_bad_row_is_refused_whole(
    tmp_path: Path, lines: list[str], words: str
) -> None:
    with pytest.raises(BadAnswer, match=words):
        read_answers(_file(tmp_path, *lines))


def test_a_file_that_is_missing_empty_or_has_other_columns_says_so(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="--export"):
        read_answers(tmp_path / "none.csv")
    with pytest.raises(UnknownColumn, match="no column 'account_a'"):
        read_answers(_file(tmp_path, "a,b,yes", header="account_1,account_2,same"))
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(UnreadableFile):
        read_answers(tmp_path / "empty.csv")


def test_an_account_that_is_not_known_names_its_row(tmp_path: Path) -> None:
    def name(text: str) -> tuple[str, str]:
        if text == "b":
            raise PlaitError("nobody.", fix="Look.")
        return text, "shop"

    answers = [Answer(2, "a", "c", same=True), Answer(3, "a", "b", same=True)]
    with pytest.raises(BadAnswer, match=r"row 3 of .* nobody"):
        name_answers(tmp_path, answers, name, "ann", "why")


def test_questions_that_are_filled_in_are_answers(tmp_path: Path) -> None:
    ends = [StoredAccount(f"a_{n}", "shop", f"p_{n}", "alone", 3) for n in "12"]
    edge = Evidence("a_1", "a_2", "probabilistic", 0.7, terms=(Term("city", "exact", 4.0),))
    rows = question_rows([ReviewPair(edge, ends[0], ends[1], 1, 3)])
    rows.write_csv(tmp_path / "q.csv")
    assert read_answers(tmp_path / "q.csv") == ([], 1)
    assert rows["evidence"].to_list() == ["city exact +4.0"]
    filled = (tmp_path / "q.csv").read_text().replace("a_1,a_2,,", "a_1,a_2,no,")
    (tmp_path / "q.csv").write_text(filled)
    assert [(a.account_a, a.same) for a in read_answers(tmp_path / "q.csv")[0]] == [("a_1", False)]
