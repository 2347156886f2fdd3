"""Finds the pairs of accounts that are worth a question, the most informative first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.contracts.identity_tables import IDENTITY_EDGES
from plait.identity.stored_people import StoredPeople
from plait.identity.why.explain_people import to_evidence
from plait.identity.why.explanation import Evidence, StoredAccount

THRESHOLD, REVIEW_FROM = "people.link.threshold", "people.link.review_from"
_TINY = 1e-12  # keeps the odds of 0 and 1 finite


@dataclass(frozen=True)
class ReviewPair:
    """A pair to be answered.

    Attributes:
        evidence: the edge between the two accounts, used or not.
        one: the account account_a of the edge.
        two: the account account_b.
        accounts: accounts that would change their person if the answer is the other one.
        events: events of these accounts.
    """

    evidence: Evidence
    one: StoredAccount
    two: StoredAccount
    accounts: int
    events: int


def find_review_pairs(
    people: StoredPeople,
    settings: Mapping[str, Any],
    answered: pl.DataFrame,
    most: int | None = None,
) -> tuple[list[ReviewPair], int]:
    """Returns the pairs near the threshold that nobody has answered, and how many there are.

    Pairs below the threshold are those that the version has kept for review. Pairs above it are
    those that are not farther from it, in bits. A pair is more informative if its weight is nearer
    to the threshold (by half, one bit nearer), and if more accounts and events depend on it.

    Args:
        people: the people of a store version.
        settings: the settings of the version, by full name.
        answered: account_a, account_b of all pairs about which an assertion stands, in any order.
        most: the most pairs to return; default: all.
    """
    threshold = settings.get(THRESHOLD)
    if threshold is None:
        return [], 0
    edges = _edges_near(people, threshold, settings.get(REVIEW_FROM, threshold), answered)
    if edges.is_empty():
        return [], 0
    ends = people.accounts(both_ends(edges)["account"].to_list())
    placed = edges.join(_side(ends, "a"), on="account_a").join(_side(ends, "b"), on="account_b")
    used = pl.col("dropped_as").is_null()
    # An answer changes nothing if other evidence joins the two already.
    placed = placed.filter(used | (pl.col("person_a") != pl.col("person_b")))
    sized = _affected(people, placed)
    distance = (_bits(pl.col("weight")) - _bits(pl.lit(threshold))).abs()
    told = sized.sort(
        (2 ** -distance) * (2 + pl.col("affected") + pl.col("affected_events")).log(2),
        "account_a", "account_b", descending=[True, False, False],
    )  # fmt: skip
    count, told = told.height, told if most is None else told.head(most)
    named = ends.join(both_ends(told), on="account", how="semi")
    known = {row["account"]: _account(row) for row in named.iter_rows(named=True)}
    affected = told.select("account_a", "account_b", "affected", "affected_events").rows()
    by_ends = {(e.account_a, e.account_b): e for e in to_evidence(told)}
    pairs = [ReviewPair(by_ends[a, b], known[a], known[b], *sizes) for a, b, *sizes in affected]
    return pairs, count


def _edges_near(
    people: StoredPeople, threshold: float, review_from: float, answered: pl.DataFrame
) -> pl.DataFrame:
    """Returns the estimated IDENTITY_EDGES near the threshold that are not answered."""
    kept = pl.col("dropped_as") == "below_threshold"
    reach = _bits(pl.lit(threshold)) - _bits(pl.lit(review_from))
    above = pl.col("dropped_as").is_null() & (
        _bits(pl.col("weight")) - _bits(pl.lit(threshold)) <= reach
    )
    estimated = pl.col("terms").list.len() > 0
    edges = people.store.scan(IDENTITY_EDGES.name, people.version)
    near = edges.filter(estimated & (kept | above)).collect()
    return near.join(both_ways(answered), on=["account_a", "account_b"], how="anti")


def both_ways(pairs: pl.DataFrame) -> pl.DataFrame:
    """Returns account_a, account_b of `pairs` in both orders."""
    turned = pairs.select(account_a="account_b", account_b="account_a")
    return pl.concat([pairs.select("account_a", "account_b"), turned])


def both_ends(edges: pl.DataFrame) -> pl.DataFrame:
    """Returns account: the accounts of `edges`, each once."""
    return pl.concat([edges["account_a"], edges["account_b"]]).unique().to_frame("account")


def _affected(people: StoredPeople, placed: pl.DataFrame) -> pl.DataFrame:
    """Adds affected and affected_events: those of the smaller side.

    The sides of a pair that is not joined are two persons. In a joined one, it is the account with
    fewer events.
    """
    persons = pl.concat([placed["person_a"], placed["person_b"]]).unique()
    sizes = people.persons(persons.to_list()).select("person", "accounts", "events")
    for side in "ab":
        named = sizes.rename({name: f"{name}_of_{side}" for name in ("accounts", "events")})
        placed = placed.join(named, left_on=f"person_{side}", right_on="person", how="left")
    apart = pl.col("person_a") != pl.col("person_b")
    fewer = pl.min_horizontal
    return placed.with_columns(
        affected=pl.when(apart).then(fewer("accounts_of_a", "accounts_of_b")).otherwise(1),
        affected_events=pl.when(apart)
        .then(fewer("events_of_a", "events_of_b"))
        .otherwise(fewer("events_a", "events_b")),
    )


def _side(accounts: pl.DataFrame, side: str) -> pl.DataFrame:
    return accounts.select(pl.col("account", "person", "events").name.suffix(f"_{side}"))


def _bits(weight: pl.Expr) -> pl.Expr:
    inside = weight.clip(_TINY, 1 - _TINY)
    return (inside / (1 - inside)).log(2)


def _account(row: Mapping[str, Any]) -> StoredAccount:
    return StoredAccount(*(row[name] for name in ACCOUNT_FIELDS))


ACCOUNT_FIELDS = ("account", "platform", "person", "rule", "events")
