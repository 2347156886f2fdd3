"""Small frames of accounts and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from plait.identity.clusters import cluster_accounts
from plait.identity.evidence import (
    EVIDENCE_EDGES,
    gather_edges,
    key_edges,
    link_edges,
    same_id_edges,
)


def frame(columns: str, rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """Returns a frame of text."""
    return pl.DataFrame(list(rows), schema=dict.fromkeys(columns.split(), pl.String), orient="row")


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
    by_key, _ = key_edges(frame("account key value", keys))
    sources = [same_id_edges(known), by_key, link_edges(said_links(links)), *more]
    found = cluster_accounts(known, gather_edges(sources, min_weight)).components
    assert found["account"].sort().to_list() == sorted(a for a, _ in accounts)
    return {account: (component, rule) for account, component, rule in found.rows()}
