"""The history of a person: since when its id exists, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plait.identity.stored_people import StoredPeople


@dataclass(frozen=True)
class PersonEvent:
    """One thing that happened to a person.

    Attributes:
        version: the store version that did it.
        published: when that version was published, RFC 3339, UTC; null if gc removed it.
        change: founded, or a change of PERSON_CHANGES.
        text: what happened, in one sentence.
        other: the other person, if there is one.
        account: pseudonym of the account that moved, if one did.
        platform: where that account is.
        rule: why it joined.
    """

    version: int
    published: str | None
    change: str
    text: str
    other: str | None = None
    account: str | None = None
    platform: str | None = None
    rule: str | None = None


@dataclass(frozen=True)
class PersonHistory:
    """The history of a person id.

    Attributes:
        person: the id.
        merged_into: the person that it is part of now, if it is retired.
        accounts: the number of accounts now.
        platforms: their platforms.
        retired: ids that are part of this person now.
        events: what happened, oldest first.
    """

    person: str
    merged_into: str | None
    accounts: int
    platforms: tuple[str, ...]
    retired: tuple[str, ...]
    events: tuple[PersonEvent, ...]


def read_history(people: StoredPeople, person: str) -> PersonHistory:
    """Returns the history of an id that PEOPLE of the version has, active or retired.

    Args:
        people: the people of a store version.
        person: the id.
    """
    row = people.persons([person]).row(0, named=True)
    changes = people.changes_of(person).sort("version", "change", "other", "account")
    published = {version.number: version.published for version in people.store.versions()}
    founded = PersonEvent(
        row["since"], published.get(row["since"]), "founded", "the id was first used."
    )
    told = [
        PersonEvent(
            change["version"],
            published.get(change["version"]),
            change["change"],
            _sentence(change, person),
            *(change[name] for name in ("other", "account", "platform", "rule")),
        )
        for change in changes.iter_rows(named=True)
        if not _said_twice(change, person)
    ]
    return PersonHistory(
        person,
        row["merged_into"],
        row["accounts"],
        tuple(row["platforms"]),
        tuple(people.merged_into(person)),
        tuple(sorted([founded, *told], key=lambda event: event.version)),
    )


def _said_twice(change: Mapping[str, Any], person: str) -> bool:
    """Whether a change of another person is told as one of this person too."""
    return change["person"] != person and change["change"] in ("left", "joined")


def _sentence(change: Mapping[str, Any], person: str) -> str:
    mine, other = change["person"] == person, change["other"]
    account = f"{change['platform']} {change['account']}"
    by = f" by {change['rule']}" if change["rule"] else ""
    match change["change"], mine:
        case "merged", True:
            return f"it was merged into {other}."
        case "merged", False:
            return f"{change['person']} was merged into it."
        case "restored", True:
            return f"it is a person of its own again, apart from {other}."
        case "restored", False:
            return f"{change['person']} is a person of its own again."
        case "split", True:
            return f"some of its accounts became the new person {other}."
        case "split", False:
            return f"it was made of accounts of {change['person']}."
        case "left", _:
            return f"{account} left it" + (f" for {other}." if other else "; the account is gone.")
        case "joined", _:
            return f"{account} joined it{by}" + (
                f", from {other}." if other else ", a new account."
            )
        case "erased", _:
            return "it was erased."
    return f"{change['change']}."
