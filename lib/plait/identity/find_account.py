"""Finds the account or the person that a text names: platform:id, a_..., or p_..."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from plait.config import Project
from plait.errors import PlaitError
from plait.identity.assertions.name_account import name_account
from plait.identity.stored_people import StoredPeople
from plait.privacy.pseudonym import PseudonymKey

_PERSON = re.compile(r"p_[0-9a-f]*")


class UnknownAccount(PlaitError):
    """An account that the store version does not have."""


class UnknownPerson(PlaitError):
    """A person that the store version does not have."""


@dataclass(frozen=True)
class Party:
    """What a text names: an account of a person, or a whole person.

    Attributes:
        person: the person.
        account: pseudonym of the account; null if the text names a person.
        retired: the id in the text, if it was merged into `person`; else null.
    """

    person: str
    account: str | None = None
    retired: str | None = None


def find_party(
    text: str,
    people: StoredPeople,
    project: Project,
    key: PseudonymKey,
    standing: pl.DataFrame,
) -> Party:
    """Returns the party that `text` names. A retired person id leads to the person it is part of.

    Args:
        text: platform:id, a pseudonym a_..., or a person id p_...
        people: the people of a store version.
        project: the project.
        key: the pseudonym key.
        standing: STANDING assertions, which may name accounts that have no other row.

    Raises:
        BadAccount: the text names neither an account nor a person.
        UnknownAccount, UnknownPerson: the store version has no such account or person.
        UnknownPlatform: the project has no such platform.
    """
    if _PERSON.fullmatch(text):
        person = find_person(text, people)
        return Party(person, retired=None if person == text else text)
    account, platform = name_account(text, project, key, people.store, standing)
    found = people.accounts([account])
    if found.is_empty():  # the raw id is not shown
        raise UnknownAccount(
            f"store version {people.version.number} has no account of '{platform}' with that "
            f"{'pseudonym' if text == account else 'id'}.",
            allowed="An account is known once a file that fuse has read names it.",
            fix="Compare the id with the file, and run `plait fuse` if the file is new.",
        )
    return Party(found["person"][0], account)


def find_person(person: str, people: StoredPeople) -> str:
    """Returns the active id of `person`: its own, or that of the person it was merged into.

    Raises:
        UnknownPerson: the store version has no such id.
    """
    found = people.persons([person])
    if found.is_empty():
        start = people.persons_like(person)
        hint = f"Did you mean {start}?" if start else "A person id is p_ and 32 characters."
        raise UnknownPerson(
            f"store version {people.version.number} has no person '{person}'.",
            allowed=hint,
            fix="Name one of the person's accounts instead: plait identity history platform:id",
        )
    return str(found["merged_into"][0] or person)
