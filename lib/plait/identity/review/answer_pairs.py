"""Writes answers to the identity log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plait.identity.assertions.assert_pair import find_earlier
from plait.identity.assertions.assertion import Assertion, to_assertions
from plait.identity.assertions.identity_log import open_log, record_history
from plait.identity.standing_links import standing_links
from plait.store.chain_entry import Payload
from plait.store.hash_chain import ChainContent
from plait.store.store import Store


@dataclass(frozen=True)
class AnswersWritten:
    """What became of answers.

    Attributes:
        written: answers that were appended.
        already: answers that the log has already; they were not written again.
    """

    written: int
    already: int


def write_answers(store: Store, answers: Sequence[Assertion]) -> AnswersWritten:
    """Appends `answers` to the identity log as one entry, after all that was posted until now.

    Raises:
        Contradiction: an answer joins two accounts that somebody keeps apart. Nothing is appended.
        CorruptLog: the identity log is broken. Nothing is appended.
        StoreError: the store cannot be read or written.
    """
    record_history(store)
    new: list[Assertion] = []

    def decide(content: ChainContent) -> list[Payload]:
        standing = standing_links(to_assertions(content.entries))
        new[:] = [said for said in answers if find_earlier(standing, said) is None]
        return [said.to_payload() for said in new]

    open_log(store).append(decide)
    return AnswersWritten(len(new), len(answers) - len(new))
