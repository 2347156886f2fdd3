"""Adds an assertion about two accounts, unless it is already so or contradicts one that stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.errors import PlaitError, TooManyAccounts
from plait.identity.assertions.assertion import Assertion, to_assertions
from plait.identity.assertions.assertion_effect import AssertionEffect
from plait.identity.assertions.identity_log import open_log, read_standing, record_history
from plait.identity.components.find_components import find_components
from plait.identity.standing_links import standing_links
from plait.store.chain_entry import EntryPlace, Payload
from plait.store.hash_chain import ChainContent
from plait.store.store import Store


class Contradiction(PlaitError):
    """A link of two accounts that an assertion keeps apart."""


@dataclass(frozen=True)
class Asserted:
    """The result of an assertion.

    Attributes:
        place: the place of the assertion in the identity log; that of the earlier one if it was
            already so; null in a dry run.
        already: whether an earlier assertion said the same, so that nothing was appended.
    """

    place: EntryPlace | None
    already: bool = False


def assert_pair(store: Store, assertion: Assertion, *, dry_run: bool = False) -> Asserted:
    """Appends `assertion` to the identity log, after all that was posted until now.

    Args:
        store: the store.
        assertion: what somebody says.
        dry_run: check it, and write nothing.

    Raises:
        Contradiction: it links two accounts that an unlink, or an answer, keeps apart.
        CorruptLog: the identity log is broken. Nothing is appended.
        StoreError: the store cannot be read or written.
    """
    if dry_run:
        found = find_earlier(read_standing(store), assertion)
        return Asserted(found, already=found is not None)
    record_history(store)
    earlier: EntryPlace | None = None

    def decide(content: ChainContent) -> list[Payload]:
        nonlocal earlier
        earlier = find_earlier(standing_links(to_assertions(content.entries)), assertion)
        return [] if earlier else [assertion.to_payload()]

    entry = open_log(store).append(decide)
    return Asserted((entry.number, 0)) if entry else Asserted(earlier, already=True)


def check_link(
    effect: AssertionEffect,
    standing: pl.DataFrame,
    pair: tuple[tuple[str, str], tuple[str, str]],
    max_accounts: int,
) -> None:
    """Checks that a link of `pair` joins the two.

    Args:
        effect: the effect of the link.
        standing: STANDING with the link.
        pair: the two accounts, as (pseudonym, platform).
        max_accounts: the most accounts of a person.

    Raises:
        Contradiction: with this link, links join two accounts that an unlink keeps apart.
        TooManyAccounts: the person would have more than `max_accounts`.
    """
    linked = find_components(standing.filter("joined").select(a="account_a", b="account_b"))
    here = linked.filter(pl.col("node") == pair[0][0]).select("component")
    nodes = linked.join(here, on="component", how="semi")["node"]
    apart = standing.filter(
        pl.all_horizontal(pl.col("account_a", "account_b").is_in(nodes.implode()))
        & ~pl.col("joined")
    )
    if apart.height:
        raise _contradiction(apart.row(0, named=True))
    after = dict(effect.accounts.select("account", "after").iter_rows())
    # Links are used before other evidence, so links alone must not give the person too many.
    if after[pair[0][0]] == after[pair[1][0]] and nodes.len() <= max_accounts:
        return
    raise TooManyAccounts(
        f"together, the persons of the two accounts have {effect.accounts.height} accounts.",
        allowed=f"A person has at most {max_accounts} (people.max_accounts).",
        fix=f"If they are one person, set people.max_accounts: {effect.accounts.height}",
    )


def find_earlier(standing: pl.DataFrame, assertion: Assertion) -> EntryPlace | None:
    """Returns the place of the standing assertion that says the same; null if there is none.

    Raises:
        Contradiction: a standing assertion keeps the accounts apart, and `assertion` joins them.

    Args:
        standing: STANDING.
        assertion: what somebody says.
    """
    a, b = sorted([assertion.one[0], assertion.two[0]])
    found = standing.filter((pl.col("account_a") == a) & (pl.col("account_b") == b))
    if found.is_empty():
        return None
    row: dict[str, Any] = found.row(0, named=True)
    # A dry run also sees what is only in the feedback log; it has no place yet.
    place = (int(row["entry"] or 0), int(row["index"] or 0))
    if row["joined"] == assertion.joined:
        return place
    if assertion.joined:
        raise _contradiction(row)
    return None


def _contradiction(row: dict[str, Any]) -> Contradiction:
    """Returns the error about an unlink, a row of STANDING."""
    place = say_place((int(row["entry"] or 0), int(row["index"] or 0)))
    if row["entry"] is None:
        place = "N (see `plait identity log`)"
    when = f" on {row['time']:%Y-%m-%d %H:%M} UTC" if row["time"] else ""
    return Contradiction(
        f"{row['who'] or 'somebody'} said{when} that {row['account_a']} and {row['account_b']} are "
        f"two persons ({row['why'] or 'without a reason'}).",
        allowed="A link does not overrule an unlink.",
        fix=f'If that was wrong, undo it first: plait identity undo {place} --why "..."',
    )


def say_place(place: EntryPlace) -> str:
    """Returns how a user writes the place of an assertion: 12.0."""
    return f"{place[0]}.{place[1]}"
