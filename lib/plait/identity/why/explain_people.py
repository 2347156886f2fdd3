"""Explains why two accounts are one person, or why they are not."""

from __future__ import annotations

import polars as pl

from plait.identity.find_account import Party
from plait.identity.stored_people import StoredPeople
from plait.identity.why.evidence_path import strongest_chain
from plait.identity.why.explanation import ApartReason, Evidence, Explanation, StoredAccount, Term
from plait.identity.why.reasons import Standing, find_reasons


def explain_people(
    people: StoredPeople, first: Party, second: Party | None, standing: Standing
) -> Explanation:
    """Returns why the parties are one person or are not; all evidence of `first` if it is alone.

    Args:
        people: the people of a store version.
        first: an account or a person.
        second: another one; null: only one person is asked about.
        standing: what was said about accounts, and the settings that guard persons.
    """
    parties = [first] if second is None else [first, second]
    persons = tuple(dict.fromkeys(party.person for party in parties))
    accounts = people.accounts_of(persons).sort("person", "platform", "account")
    evidence = to_evidence(people.edges_between(accounts))
    chain: tuple[Evidence, ...] = ()
    reasons: tuple[ApartReason, ...] = ()
    if len(persons) > 1:
        reasons = find_reasons(accounts, evidence, standing)
        evidence = [edge for edge in evidence if edge.dropped_as is None]
    elif len(parties) > 1 and first.account and parties[1].account:
        used = [edge for edge in evidence if edge.dropped_as is None]
        chain = strongest_chain(used, first.account, parties[1].account)
    named = {_place(edge) for edge in chain}
    return Explanation(
        people.version.number,
        first.account,
        None if second is None else second.account,
        persons,
        to_accounts(accounts),
        chain,
        tuple(edge for edge in evidence if _place(edge) not in named),
        reasons,
    )


def to_accounts(accounts: pl.DataFrame) -> tuple[StoredAccount, ...]:
    """Returns the rows of ACCOUNTS as values."""
    columns = ("account", "platform", "person", "rule", "events")
    return tuple(StoredAccount(*row) for row in accounts.select(columns).iter_rows())


def to_evidence(edges: pl.DataFrame) -> list[Evidence]:
    """Returns the rows of IDENTITY_EDGES as values: used ones first, then by weight."""
    order = edges.sort(
        pl.col("dropped_as").is_not_null(), pl.col("weight").neg(), "rule", "account_a", "account_b"
    )
    return [
        Evidence(
            row["account_a"],
            row["account_b"],
            row["rule"],
            row["weight"],
            row["since"],
            row["dropped_as"],
            tuple(Term(**term) for term in row["terms"] or ()),
        )
        for row in order.iter_rows(named=True)
    ]


def _place(edge: Evidence) -> tuple[str, str, str]:
    return (*sorted((edge.account_a, edge.account_b)), edge.rule)  # type: ignore[return-value]
