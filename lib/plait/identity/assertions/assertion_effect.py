"""What an assertion would change: who would be one person at the next fuse, and who is today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.contracts.store_tables import TABLES
from plait.errors import NothingFused
from plait.identity.assertions.assertion import LINK
from plait.identity.ledger import assign_person_ids
from plait.store.store import Store

_ACCOUNT = ("account", "platform", "person", "home", "events")


@dataclass(frozen=True)
class AssertionEffect:
    """What the next fuse would change because of an assertion, if nothing else changes.

    Attributes:
        accounts: account, platform, events, before, after: each account of the persons concerned,
            and its person in the current version (null: not in it) and after the next fuse.
        unknown: the named accounts that the current version does not have.
        version: the number of the current version; null: nothing has been fused yet.
    """

    accounts: pl.DataFrame
    unknown: tuple[str, ...]
    version: int | None

    @property
    def moved(self) -> pl.DataFrame:
        """The accounts that would change their person."""
        return self.accounts.filter(pl.col("before") != pl.col("after"))

    @property
    def change(self) -> str:
        """In one word: merge, split, both or none."""
        known = self.accounts.filter(pl.col("before").is_not_null())
        before, after = known["before"].n_unique(), known["after"].n_unique()
        if after < before:
            return "merge"
        return "split" if after > before else "none" if self.moved.is_empty() else "both"

    def as_json(self) -> dict[str, Any]:
        """Returns the effect as a JSON object."""
        sizes = self.accounts.group_by("after").agg(pl.len().alias("n")).sort("after")
        return {
            "change": self.change,
            "moved_accounts": self.moved.height,
            "moved_events": int(self.moved["events"].sum()),
            "persons_before": sorted(set(self.accounts["before"].drop_nulls())),
            "persons_after": dict(sizes.iter_rows()),
            "unknown_accounts": list(self.unknown),
            "version": self.version,
        }


def find_effect(
    store: Store,
    pair: tuple[tuple[str, str], tuple[str, str]],
    standing: pl.DataFrame,
    max_accounts: int,
) -> AssertionEffect:
    """Returns the effect of `standing` on the persons of two accounts.

    The evidence is that of the current version, and assertions that no fuse has read yet. Evidence
    that a fuse would find only in new files is not known here.

    Args:
        store: the store.
        pair: the two accounts that the assertion is about, as (pseudonym, platform).
        standing: STANDING, as it would be with the assertion.
        max_accounts: the most accounts of a person.
    """
    try:
        version = store.current()
    except NothingFused:
        version = None
    tables = TABLES if version is None else {}
    accounts, edges, people = (
        tables[name].empty().lazy() if name in tables else store.scan(name, version)
        for name in ("accounts", "identity_edges", "people")
    )
    placed = _concerned(accounts.select(_ACCOUNT), dict(pair), standing)
    of_them = pl.all_horizontal(pl.col("account_a", "account_b").is_in(placed["account"].implode()))
    between = edges.filter(of_them).collect()
    components = _components(placed, between, standing.filter(of_them), max_accounts)
    before = placed.drop_nulls("person")
    number = 0 if version is None else version.number
    ledger = assign_person_ids(
        components, number + 1, before.select("account", "person"), people.collect()
    )
    after = components.join(ledger.persons, on="component").select("account", after="person")
    told = placed.rename({"person": "before"}).join(after, on="account")
    columns = ("account", "platform", "events", "before", "after")
    unknown = tuple(account for account, _ in pair if account not in set(before["account"]))
    return AssertionEffect(told.select(columns).sort("after", "account"), unknown, number or None)


def _concerned(
    accounts: pl.LazyFrame, named: dict[str, str], standing: pl.DataFrame
) -> pl.DataFrame:
    """Returns _ACCOUNT columns of all accounts of the persons concerned, sorted by account.

    These are the persons of the named accounts, and those that links lead to. The person is null
    if the current version does not have the account.

    Args:
        accounts: the accounts of the current version.
        named: the platform of each named account.
        standing: STANDING.
    """
    links = standing.filter("joined")
    ends = pl.concat(
        [
            links.select(a=f"account_{x}", b=f"account_{y}", platform=f"platform_{y}")
            for x, y in ("ab", "ba")
        ]
    )
    while True:
        known = pl.col("account").is_in(list(named))
        persons = accounts.filter(known).select("person").unique()
        held = accounts.join(persons, on="person", how="semi").collect()
        found = dict(held.select("account", "platform").iter_rows())
        linked = ends.filter(pl.col("a").is_in([*found, *named])).select("b", "platform")
        grown = named | found | dict(linked.iter_rows())
        if grown.keys() == named.keys():
            break
        named = grown
    new = [{"account": a, "platform": p, "events": 0} for a, p in named.items() if a not in found]
    return pl.concat([held, pl.DataFrame(new, schema=held.schema)]).sort("account")


def _components(
    placed: pl.DataFrame, edges: pl.DataFrame, standing: pl.DataFrame, max_accounts: int
) -> pl.DataFrame:
    """Returns account, component: joined by the strongest edges first, never across an unlink."""
    linked = standing.filter("joined").select("account_a", "account_b").rows()
    apart = standing.filter(~pl.col("joined")).select("account_a", "account_b").rows()
    homes = placed.drop_nulls("home").group_by("home").agg("account")
    same = [(first, other) for _, (first, *others) in homes.iter_rows() for other in others]
    # A dropped edge may be used now. One that was below the threshold stays unused.
    usable = pl.col("dropped_as").is_null() | pl.col("dropped_as").is_in(["unlinked", "cap"])
    other = edges.filter(usable & (pl.col("rule") != LINK))
    ordered = other.sort(-pl.col("weight"), "rule", "account_a", "account_b")
    found = ordered.select("account_a", "account_b").rows()
    groups = {
        account: {account} for account in placed["account"]
    }  # at most a few persons' accounts
    for one, two in [*linked, *same, *found]:
        both = groups[one] | groups[two]
        if len(both) <= max_accounts and not any(a in both and b in both for a, b in apart):
            groups |= dict.fromkeys(both, both)
    return pl.DataFrame(
        {"account": placed["account"], "component": [min(groups[a]) for a in placed["account"]]}
    )
