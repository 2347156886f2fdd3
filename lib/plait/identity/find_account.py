"""Finds the account or the person that a text names: platform:id, a_..., or p_..."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from plait.config import Project
from plait.errors import PlaitError, UnknownPlatform, nearest
from plait.identity.stored_people import StoredPeople
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym

ACCOUNT_FORMS = "An account is platform:id (the id as in its log) or a pseudonym a_..."
_PSEUDONYM, _PERSON = re.compile(r"a_[0-9a-f]{4}_[0-9a-f]{32}"), re.compile(r"p_[0-9a-f]+")


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


def find_party(text: str, people: StoredPeople, project: Project, key: PseudonymKey) -> Party:
    """Returns the party that `text` names. A retired person id leads to the person it is part of.

    Raises:
        UnknownAccount, UnknownPerson: the store version has no such account or person.
        UnknownPlatform: the project has no such platform.
    """
    if _PERSON.fullmatch(text):
        person = find_person(text, people)
        return Party(person, retired=None if person == text else text)
    account = pseudonym_of(text, project, key)
    found = people.accounts([account])
    if found.is_empty():
        shown = account if text == account else f"that id on '{text.partition(':')[0]}'"
        raise UnknownAccount(
            f"store version {people.version.number} has no account {shown}.",
            allowed="An account is known once it has a row in a file that fuse has read.",
            fix="Compare the id with the file, and run `plait fuse` if the file is new.",
        )
    return Party(found["person"][0], account)


def pseudonym_of(text: str, project: Project, key: PseudonymKey) -> str:
    """Returns the pseudonym of the account that `text` names, whether the store has it or not.

    Raises:
        UnknownAccount: the text has neither form of an account.
        UnknownPlatform: the project has no such platform.
    """
    if _PSEUDONYM.fullmatch(text):
        return text
    platform, mark, raw = text.partition(":")
    if not mark or not raw:
        raise UnknownAccount(
            "an account was named without its platform."
            if not mark
            else f"an account of '{platform}' was named without its id.",
            allowed=ACCOUNT_FORMS,
            fix=f"Platforms: {', '.join(project.platforms)}.",
        )
    if platform not in project.platforms:
        raise UnknownPlatform(
            f"the project has no platform '{platform}'.",
            allowed=nearest(platform, project.platforms),
            fix=ACCOUNT_FORMS,
        )
    return str(account_pseudonym(pl.Series([raw]), key, platform)[0])


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
