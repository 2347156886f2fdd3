"""Small frames of accounts and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from plait.identity.clusters import cluster_accounts
from plait.identity.evidence import (
    EVIDENCE_EDGES,
    gather_edges,
    link_edges,
    same_id_edges,
)
from plait.identity.keys.account_values import ACCOUNT_ATTRIBUTES
from plait.identity.keys.key_evidence import key_edges
from plait.identity.keys.key_types import KeyRule


def frame(columns: str, rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """Returns a frame of text."""
    return pl.DataFrame(list(rows), schema=dict.fromkeys(columns.split(), pl.String), orient="row")


def attribute_frame(rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """Returns ACCOUNT_ATTRIBUTES of account, key, value; each account has a platform of its own."""
    held = frame("account key value", rows)
    return held.select(
        "account",
        platform="account",
        home="account",
        key="key",
        value="value",
        prefix=pl.col("value").str.head(1),
        alias=pl.lit(value=False),
        seen=pl.lit(None, ACCOUNT_ATTRIBUTES["seen"]),
    )


def rules_of(*names: str, limit: int = 50, weight: float = 1.0) -> dict[str, KeyRule]:
    """Returns a rule of each key."""
    return {name: KeyRule(name, "id", 1, weight, limit, limit) for name in names}


def edge_frame(rows: Iterable[tuple[str, str, str, float]]) -> pl.DataFrame:
    """Returns EVIDENCE_EDGES of account_a, account_b, rule, weight."""
    return pl.DataFrame([(*r, None, []) for r in rows], schema=EVIDENCE_EDGES, orient="row")


def said_links(rows: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """Returns links that stand, said at no known time."""
    since = pl.lit(None, pl.Datetime("us", "UTC"))
    return frame("account_a account_b", rows).with_columns(joined=pl.lit(value=True), since=since)


def clusters_of(
    accounts: Sequence[tuple[str, str]],
    keys: Iterable[tuple[str, str, str]] = (),
    links: Iterable[tuple[str, str]] = (),
    more: Iterable[pl.DataFrame] = (),
    min_weight: float = 0.0,
) -> dict[str, tuple[str, str]]:
    """Returns component and rule by account, from all sources and `more` edges."""
    known = frame("account home", accounts)
    held = attribute_frame(keys)
    by_key = key_edges(held, rules_of(*held["key"].drop_nulls().unique())).edges
    sources = [same_id_edges(known), by_key, link_edges(said_links(links)), *more]
    found = cluster_accounts(known, gather_edges(sources, min_weight)).components
    assert found["account"].sort().to_list() == sorted(a for a, _ in accounts)
    return {account: (component, rule) for account, component, rule in found.rows()}
