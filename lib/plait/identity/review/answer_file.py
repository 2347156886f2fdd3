"""Answers to a review as a CSV file: written as questions, filled in, and read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from plait.contracts.id_rules import MAX_WHO, MAX_WHY
from plait.errors import MissingFile, PlaitError, UnknownColumn, UnreadableFile, nearest
from plait.identity.assertions.assertion import Assertion
from plait.identity.review.review_pairs import ReviewPair

ANSWER_COLUMNS, OPTIONAL_COLUMNS = ("account_a", "account_b", "same"), ("who", "why")
_YES, _NO = ("yes", "y", "true", "1", "same"), ("no", "n", "false", "0", "different")
_MAX_NAMED = 5


class BadAnswer(PlaitError):
    """A file of answers with a row that is no answer."""


@dataclass(frozen=True)
class Answer:
    """One answer: two accounts as the file names them, whether they are one person, who, why."""

    row: int
    account_a: str
    account_b: str
    same: bool
    who: str | None = None
    why: str | None = None


def question_rows(pairs: Iterable[ReviewPair]) -> pl.DataFrame:
    """Returns the rows of a file of questions: ANSWER_COLUMNS with an empty `same`, and why."""
    rows = [
        {
            "account_a": pair.one.account,
            "account_b": pair.two.account,
            "same": None,
            "who": None,
            "why": None,
            "platform_a": pair.one.platform,
            "platform_b": pair.two.platform,
            "weight": pair.evidence.weight,
            "joined_now": pair.evidence.dropped_as is None,
            "accounts_affected": pair.accounts,
            "events_affected": pair.events,
            "evidence": "; ".join(
                f"{term.term} {term.level} {term.bits:+.1f}".replace("  ", " ")
                for term in pair.evidence.terms
            ),
        }
        for pair in pairs
    ]
    texts = (*ANSWER_COLUMNS, *OPTIONAL_COLUMNS, "platform_a", "platform_b")
    kinds: dict[str, Any] = {
        **dict.fromkeys(texts, pl.String),
        "weight": pl.Float64, "joined_now": pl.Boolean, "accounts_affected": pl.Int64,
        "events_affected": pl.Int64, "evidence": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=kinds)


def read_answers(path: Path) -> tuple[list[Answer], int]:
    """Returns the answers in a CSV file, and the number of rows whose `same` is empty.

    Raises:
        MissingFile, UnreadableFile, UnknownColumn: the file cannot be read.
        BadAnswer: a row is no answer, or two rows contradict each other. Nothing is used.
    """
    rows = _read_rows(path).with_row_index("row", 2)  # the row in an editor, under the header
    said = rows.with_columns(pl.col("same").str.to_lowercase().replace({"": None}))
    known = pl.col("same").is_in([*_YES, *_NO])
    told = said.drop_nulls("same")
    _refuse(path, told.filter(~known), "has a `same` that is neither yes nor no")
    lacking = pl.col("account_a").is_null() | pl.col("account_b").is_null()
    _refuse(path, told.filter(lacking), "lacks an account")
    same_account = told.filter(pl.col("account_a") == pl.col("account_b"))
    _refuse(path, same_account, "names the same account twice")
    answers = told.with_columns(same=pl.col("same").is_in(_YES)).unique(
        ["account_a", "account_b", "same"], keep="first", maintain_order=True
    )
    pair = pl.concat_list("account_a", "account_b").list.sort()
    for field, longest in (("who", MAX_WHO), ("why", MAX_WHY)):
        long = answers.filter(pl.col(field).str.len_chars() > longest)
        _refuse(path, long, f"has a `{field}` of more than {longest} characters")
    contradicting = answers.filter(pl.col("same").n_unique().over(pair) > 1)
    _refuse(path, contradicting, "is contradicted by another row")
    fields = ("row", "account_a", "account_b", "same", "who", "why")
    return [Answer(*row) for row in answers.select(fields).iter_rows()], said.height - told.height


def name_answers(
    path: Path,
    answers: Sequence[Answer],
    name: Callable[[str], tuple[str, str]],
    who: str,
    why: str,
) -> list[Assertion]:
    """Returns the assertions of `answers`.

    Args:
        path: the file, for messages.
        answers: the answers in it.
        name: returns (pseudonym, platform) of the account that a text names, or raises.
        who: who says so, where the file does not tell.
        why: the reason, where the file does not tell.

    Raises:
        BadAnswer: a row names no account. Nothing is used.
    """
    made = []
    for each in answers:
        try:
            one, two = name(each.account_a), name(each.account_b)
        except PlaitError as error:
            raise BadAnswer(
                f"row {each.row} of '{path}': {error}", fix="Nothing of the file was used."
            ) from None
        made.append(Assertion("answer", one, two, each.same, each.who or who, each.why or why))
    return made


def _read_rows(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise MissingFile(
            f"there is no file of answers '{path}'.",
            fix=f"Write one with: plait identity review --export {path}",
        )
    try:
        rows = pl.read_csv(path, infer_schema=False)
    except (PolarsError, UnicodeDecodeError, OSError) as error:
        raise UnreadableFile(
            f"the file of answers '{path}' cannot be read ({str(error).splitlines()[0]}).",
            allowed="CSV with a header and commas, in UTF-8.",
            fix=f"Write it again with: plait identity review --export {path}",
        ) from None
    for name in ANSWER_COLUMNS:
        if name not in rows.columns:
            raise UnknownColumn(
                f"the file of answers '{path}' has no column '{name}' "
                f"(columns: {', '.join(rows.columns)}).",
                allowed=nearest(name, rows.columns),
                fix=f"Name its columns {', '.join(ANSWER_COLUMNS)}, and if you like "
                f"{' and '.join(OPTIONAL_COLUMNS)}.",
            )
    lacking = [pl.lit(None, pl.String).alias(n) for n in OPTIONAL_COLUMNS if n not in rows.columns]
    texts = rows.with_columns(lacking).select(
        pl.col(name).str.strip_chars() for name in (*ANSWER_COLUMNS, *OPTIONAL_COLUMNS)
    )
    return texts.with_columns(pl.when(pl.all() != "").then(pl.all()).name.keep())


def _refuse(path: Path, rows: pl.DataFrame, fault: str) -> None:
    """Raises BadAnswer if there are `rows`."""
    if rows.is_empty():
        return
    raise BadAnswer(
        f"row {_numbers(rows['row'].to_list())} of '{path}' {fault}.",
        allowed="`same` is yes or no; a row whose `same` is empty is no answer.",
        fix="Correct the rows. Nothing of the file was used.",
    )


def _numbers(rows: Sequence[int]) -> str:
    more = f" and {len(rows) - _MAX_NAMED} more" if len(rows) > _MAX_NAMED else ""
    return ", ".join(map(str, rows[:_MAX_NAMED])) + more
