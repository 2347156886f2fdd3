"""Joins the accounts of some components edge by edge, the strongest first, under the guards."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from plait.identity.account_sets import AccountSets
from plait.identity.cluster_guards import CONTRADICTION, KEY_VALUES, ClusterGuards
from plait.identity.evidence import LINK, SAME_ID

_MAX_TRIED = 20  # clusters of one value's holders that a refused holder is tried with
_RANKS = {LINK: 0, SAME_ID: 1}
_OTHER_RANK, _WEAK_RANK = 2, 3
_ORDER = ("rank", "lightness", "late", "rule", "account_a", "value", "account_b")


@dataclass(frozen=True)
class MergedAccounts:
    """What became of the accounts and edges of some components.

    Attributes:
        components: account, component of every account that an edge names.
        dropped: edge, dropped_as of every edge; null if it was used.
        added: the columns of the edges, and dropped_as (null): edges between two holders of a
            value that had edges only to the value's first holder, from which both are kept apart.
    """

    components: pl.DataFrame
    dropped: pl.DataFrame
    added: pl.DataFrame


def merge_under_guards(
    placed: pl.DataFrame, edges: pl.DataFrame, guards: ClusterGuards
) -> MergedAccounts:
    """Returns the components that `edges` make, one edge after the other, under the guards.

    Links come first, then account ids, then other evidence by its weight and the priority of its
    key, and weak keys last; equal ones are in the order of their accounts. An edge does not join
    two clusters
    - if somebody said that two of their accounts are two persons,
    - if two of their accounts contradict each other (links and account ids join these too),
    - if the result had too many accounts,
    - for a weak key, if they hold different values of a strong key and none in common.
    A value of a weak key whose holders contradict each other is shared by several people, and
    joins none of them.

    Args:
        placed: account of the accounts that count for max_accounts.
        edges: edge (a number) and EVIDENCE_EDGES: all edges of the components.
        guards: what keeps accounts apart.
    """
    tried = _order_edges(edges, guards)
    names = pl.concat([tried["account_a"], tried["account_b"]]).unique().sort()
    codes = names.alias("account").to_frame().with_row_index("code")
    sets = _guarded_sets(codes, placed, guards)
    ends = _coded_pairs(tried, codes)
    declared = tried["rule"].is_in(list(_RANKS)).to_list()
    weak = (tried["rank"] == _WEAK_RANK).to_list()
    reasons: list[str | None] = [None] * len(ends)
    added: list[tuple[int, int, int]] = []
    starts = tried["starts"].arg_true().to_list()
    for start, stop in pairwise([*starts, len(ends)]):
        if weak[start] and sets.contradict(n for pair in ends[start:stop] for n in pair):
            reasons[start:stop] = [CONTRADICTION] * (stop - start)
            continue
        refused: list[int] = []  # one holder of each cluster that is kept apart from the first
        for row in range(start, stop):
            how = {"declared": declared[row], "weak": weak[row]}
            reasons[row] = sets.join(*ends[row], **how)
            if reasons[row] is None:
                continue
            holder = ends[row][1]
            for other in refused[:_MAX_TRIED]:
                if sets.find(other) == sets.find(holder):
                    break
                if sets.join(other, holder, **how) is None:
                    added.append((row, other, holder))
                    break
            else:
                refused.append(holder)
    judged = tried.with_columns(dropped_as=pl.Series(reasons, dtype=pl.String))
    return MergedAccounts(
        pl.DataFrame({"account": names, "component": names.gather(sets.smallest())}),
        # An edge that stands for several values is used if one of them joined its accounts.
        judged.group_by("edge").agg(
            dropped_as=pl.when(~pl.col("dropped_as").has_nulls()).then(pl.col("dropped_as").first())
        ),
        _added_edges(judged, names, added).select(*edges.columns, "dropped_as"),
    )


def _order_edges(edges: pl.DataFrame, guards: ClusterGuards) -> pl.DataFrame:
    """Returns the edges in their order, with rank, value, and starts: whether a group starts.

    A group is the edges from the first holder of a value, or from a home account, to the others.
    Any other edge is a group by itself.
    """
    # The first holder of a value is the smallest. A home is account_a already.
    turned = (pl.col("account_a") > pl.col("account_b")) & (pl.col("rule") != SAME_ID)
    edges = edges.with_columns(
        account_a=pl.when(turned).then("account_b").otherwise("account_a"),
        account_b=pl.when(turned).then("account_a").otherwise("account_b"),
    )
    ends = pl.concat([edges["account_a"], edges["account_b"]]).unique().implode()
    held = guards.values.filter(pl.col("account").is_in(ends)).select(list(KEY_VALUES)).unique()
    both = (
        edges.select("edge", "account_a", "account_b", key="rule")
        .join(held, left_on=["account_a", "key"], right_on=["account", "key"])
        .join(held, left_on=["account_b", "key", "value"], right_on=["account", "key", "value"])
    )
    rank = pl.col("rule").replace_strict(_RANKS, default=_OTHER_RANK, return_dtype=pl.Int64)
    ranked = edges.join(both.select("edge", "value"), on="edge", how="left").with_columns(
        rank=pl.when(pl.col("rule").is_in(list(guards.weak))).then(_WEAK_RANK).otherwise(rank),
        lightness=-pl.col("weight"),
        late=-pl.col("rule").replace_strict(
            dict(guards.priorities), default=0, return_dtype=pl.Int64
        ),
    )
    ordered = ranked.sort(_ORDER)
    star = (pl.col("rule") == SAME_ID) | pl.col("value").is_not_null()
    group = pl.struct("rank", "lightness", "late", "rule", "account_a", "value")
    same = star & (group == group.shift(1)).fill_null(value=False)
    return ordered.with_columns(starts=~same)


def _guarded_sets(codes: pl.DataFrame, placed: pl.DataFrame, guards: ClusterGuards) -> AccountSets:
    """Returns the sets of the accounts of `codes` (account, code), each by itself."""
    counted = codes["account"].is_in(placed["account"].implode())
    strong = guards.values.filter(pl.col("key").is_in(list(guards.strong))).join(
        codes, on="account"
    )
    value = pl.struct("key", "value").rank("dense")
    return AccountSets(
        counted.cast(pl.Int64).to_list(),
        _coded_pairs(guards.apart, codes),
        _coded_pairs(guards.contradictions, codes),
        strong.select("code", pl.col("key").rank("dense"), value.alias("value")).rows(),
        guards.max_accounts,
    )


def _coded_pairs(pairs: pl.DataFrame, codes: pl.DataFrame) -> list[tuple[int, int]]:
    """Returns the codes of the pairs whose accounts are both in `codes`, in order."""
    coded = pairs.select("account_a", "account_b")
    for side in "ab":
        named = codes.select(pl.col("account").alias(f"account_{side}"), pl.col("code").alias(side))
        coded = coded.join(named, on=f"account_{side}", maintain_order="left")
    return coded.select("a", "b").rows()


def _added_edges(
    judged: pl.DataFrame, names: pl.Series, added: list[tuple[int, int, int]]
) -> pl.DataFrame:
    """Returns the rows of `judged` that were tried again, with the accounts that they joined."""
    rows, one, two = zip(*added, strict=True) if added else ((), (), ())
    again = judged[list(rows)]
    return again.with_columns(
        edge=pl.lit(None, judged.schema["edge"]),
        account_a=names.gather(list(one)),
        account_b=names.gather(list(two)),
        dropped_as=pl.lit(None, pl.String),
    )
