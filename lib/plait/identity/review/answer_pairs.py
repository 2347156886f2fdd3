"""Writes answers to the identity log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from plait.identity.assertions.assertion import Assertion
from plait.identity.assertions.identity_log import append_assertions, record_history
from plait.identity.standing_links import standing_links
from plait.store.chain_entry import EntryPlace
from plait.store.store import Store


@dataclass(frozen=True)
class AnswersWritten:
    """What became of answers.

    Attributes:
        places: their places in the identity log.
        already: answers that the log has already; they were not written again.
        turned: answers that overrule an earlier assertion.
    """

    places: list[EntryPlace]
    already: int
    turned: int


def write_answers(store: Store, answers: Sequence[Assertion]) -> AnswersWritten:
    """Appends `answers` to the identity log as one entry, after all that was posted until now.

    Raises:
        CorruptLog: the identity log is broken. Nothing is appended.
        StoreError: the store cannot be read or written.
    """
    said = _said(standing_links(record_history(store).assertions))
    before = [said.get(_pair(each)) for each in answers]
    # An assertion that says the same is not written again.
    new = [a for a, was in zip(answers, before, strict=True) if was is not a.joined]
    turned = sum(was is not None for was in before) - (len(answers) - len(new))
    places = append_assertions(store, new) if new else []
    return AnswersWritten(places, len(answers) - len(new), turned)


def _said(standing: pl.DataFrame) -> dict[frozenset[str], bool]:
    rows = standing.select("account_a", "account_b", "joined").iter_rows()
    return {frozenset((a, b)): joined for a, b, joined in rows}


def _pair(said: Assertion) -> frozenset[str]:
    return frozenset((said.one[0], said.two[0]))
