"""The values of an explanation: parties, evidence with its terms, and reasons."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Term:
    """One term of an estimated weight: its level of agreement, and its log2 Bayes factor."""

    term: str
    level: str
    bits: float


@dataclass(frozen=True)
class Evidence:
    """One edge between two accounts.

    Attributes:
        account_a: pseudonym of one account.
        account_b: pseudonym of the other.
        rule: the source of the edge.
        weight: the probability that it is right, 0 to 1.
        since: when it was declared, UTC; null if unknown.
        dropped_as: why it was not used; null: used.
        terms: what an estimated weight is made of; empty if it was declared.
    """

    account_a: str
    account_b: str
    rule: str
    weight: float
    since: datetime | None = None
    dropped_as: str | None = None
    terms: tuple[Term, ...] = ()

    def turned_from(self, account: str) -> Evidence:
        """Returns the same edge with `account` as account_a."""
        if self.account_a == account:
            return self
        return replace(self, account_a=self.account_b, account_b=self.account_a)


@dataclass(frozen=True)
class StoredAccount:
    """An account of the store: pseudonym, platform, person, the rule that joined it, its events."""

    account: str
    platform: str
    person: str
    rule: str
    events: int


@dataclass(frozen=True)
class ApartReason:
    """Why two parties are not one person.

    Attributes:
        code: below_threshold, unlinked, contradiction, cap, no_consent, blocked or nothing.
        text: the reason in one sentence.
        evidence: the edge that was not used, if there is one.
    """

    code: str
    text: str
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Explanation:
    """Why one or two parties are one person, or why they are not.

    Attributes:
        version: the number of the store version.
        first: the first account; null if a person was asked about.
        second: the second account, likewise.
        persons: the persons of the two parties, one id if they are the same.
        accounts: all accounts that are named here.
        chain: the evidence that joins the two accounts, from the first to the second; of all
            chains, one whose weakest edge is the strongest.
        others: all other evidence between the accounts of the person or persons.
        reasons: why they are not one person; empty if they are.
    """

    version: int
    first: str | None
    second: str | None
    persons: tuple[str, ...]
    accounts: tuple[StoredAccount, ...]
    chain: tuple[Evidence, ...] = ()
    others: tuple[Evidence, ...] = ()
    reasons: tuple[ApartReason, ...] = ()

    @property
    def joined(self) -> bool:
        """Whether all parties are one person."""
        return len(self.persons) == 1

    @property
    def strength(self) -> float | None:
        """The weight of the weakest edge of the chain; null if there is no chain."""
        return min((edge.weight for edge in self.chain), default=None)

    def as_json(self) -> dict[str, Any]:
        """Returns the explanation as a record for JSON; times are RFC 3339."""
        record = asdict(self)
        record |= {"joined": self.joined, "strength": self.strength}
        return record
