"""What an assertion would change: who would be one person at the next fuse, and who is today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

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
    store: Store, pair: tuple[tuple[str, str], tuple[str, str]], standing: pl.DataFrame,
    max_accounts: int,
) -> AssertionEffect:  # fmt: skip
    """Returns the effect of `standing` on the persons of two accounts.

    The evidence is that of the current version. Evidence that a fuse would find only in new files
    is not known here.

    Args:
        store: the store.
        pair: the two accounts that the assertion is about, as (pseudonym, platform).
        standing: STANDING, as it would be with the assertion.
        max_accounts: the most accounts of a person.
    """
    named = [account for account, _ in pair]
    try:
        version = store.current()
    except NothingFused:
        held = pl.DataFrame(schema=dict.fromkeys(_ACCOUNT, pl.String) | {"events": pl.Int64})
        known = edges = None
        number = None
    else:
        accounts = store.scan("accounts", version).select(_ACCOUNT)
        persons = accounts.filter(pl.col("account").is_in(named)).select("person")
        held = accounts.join(persons.unique(), on="person", how="semi").collect()
        of_them = pl.col("account_a", "account_b").is_in(held["account"].implode())
        edges = store.scan("identity_edges", version).filter(pl.all_horizontal(of_them)).collect()
        known = store.read("people", version)
        number = version.number
    unknown = tuple(account for account in named if account not in set(held["account"]))
    new = pl.DataFrame(
        [{"account": a, "platform": p, "events": 0} for a, p in pair if a in unknown],
        schema={name: held.schema[name] for name in _ACCOUNT},
    )
    placed = pl.concat([held, new]).sort("account")
    components = _components(placed, edges, standing, max_accounts)
    before = held.select("account", "person")
    ledger = assign_person_ids(components, (number or 0) + 1, before, known)
    after = components.join(ledger.persons, on="component").select("account", after="person")
    told = placed.rename({"person": "before"}).join(after, on="account")
    columns = ("account", "platform", "events", "before", "after")
    return AssertionEffect(told.select(columns).sort("after", "account"), unknown, number)


def _components(
    placed: pl.DataFrame, edges: pl.DataFrame | None, standing: pl.DataFrame, max_accounts: int
) -> pl.DataFrame:
    """Returns account, component: joined by the strongest edges first, never across an unlink."""
    accounts = set(placed["account"])
    of_them = standing.filter(
        pl.all_horizontal(pl.col("account_a", "account_b").is_in(list(accounts)))
    )
    linked = of_them.filter("joined").select("account_a", "account_b").rows()
    apart = of_them.filter(~pl.col("joined")).select("account_a", "account_b").rows()
    homes = placed.filter(pl.col("home").is_not_null()).group_by("home").agg("account")
    same = [(first, other) for _, (first, *others) in homes.iter_rows() for other in others]
    found: list[tuple[str, str]] = []
    if edges is not None:
        # A dropped edge may be used now. One that was below the threshold stays unused.
        usable = pl.col("dropped_as").is_null() | pl.col("dropped_as").is_in(["unlinked", "cap"])
        other = edges.filter(usable & (pl.col("rule") != LINK))
        ordered = other.sort(-pl.col("weight"), "rule", "account_a", "account_b")
        found = ordered.select("account_a", "account_b").rows()
    groups = {account: {account} for account in accounts}  # at most a few persons' accounts
    for one, two in [*same, *linked, *found]:
        both = groups[one] | groups[two]
        if len(both) <= max_accounts and not any(a in both and b in both for a, b in apart):
            groups |= dict.fromkeys(both, both)
    return pl.DataFrame(
        {"account": placed["account"], "component": [min(groups[a]) for a in placed["account"]]}
    )
