"""Finds the components in which a guard keeps accounts apart; all others need no second look."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from plait.identity.cluster_guards import ClusterGuards


def find_guarded_components(
    placed: pl.DataFrame,
    locate: Callable[[pl.DataFrame], pl.DataFrame],
    guards: ClusterGuards,
    edges: pl.DataFrame,
) -> pl.Series:
    """Returns the components that may have to be split; some of them may stay whole.

    Args:
        placed: account, component of all accounts.
        locate: adds component to a frame with account, whatever accounts they are.
        guards: what keeps accounts apart.
        edges: EVIDENCE_EDGES in use.
    """
    found = [pl.Series(dtype=pl.String)]
    for pairs in (guards.apart, guards.contradictions):
        if pairs.height:
            one, two = (
                locate(pairs.select(account=f"account_{side}"))["component"] for side in "ab"
            )
            found.append(one.filter(one == two))
    if guards.max_accounts is not None:
        sizes = placed.group_by("component").len()
        found.append(sizes.filter(pl.col("len") > guards.max_accounts)["component"])
    weak = edges.filter(pl.col("rule").is_in(list(guards.weak)))
    if weak.height:
        near = locate(weak.select(account="account_a"))["component"].unique()
        strong = guards.values.filter(pl.col("key").is_in(list(guards.strong)))
        held = placed.filter(pl.col("component").is_in(near.implode())).join(strong, on="account")
        values = held.group_by("component", "key").agg(pl.col("value").n_unique())
        found.append(values.filter(pl.col("value") > 1)["component"])
    return pl.concat(s.rename("component") for s in found).unique()
