"""Clusters accounts into persons by evidence edges, and names the rule of each account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.engine.engine import Engine
from plait.identity.cluster_guards import BELOW_THRESHOLD, NO_CONSENT, ClusterGuards
from plait.identity.components.find_components import connect_frame
from plait.identity.constrained_merge import merge_under_guards
from plait.identity.evidence import LINK, SAME_ID
from plait.identity.guarded_components import find_guarded_components
from plait.identity.rows_in_parts import split_rows

ALONE = "alone"


@dataclass(frozen=True)
class Clusters:
    """The accounts by person, and what became of the evidence.

    Attributes:
        components: account, component, rule, one row per account. The name of a component is only
            a label.
        edges: EVIDENCE_EDGES except SAME_ID, with dropped_as: why the edge was not used (null if
            it was; the values are in cluster_guards).
        rounds: the rounds that connected components took; 0 if the edges fit in memory.
    """

    components: pl.DataFrame
    edges: pl.DataFrame
    rounds: int = 0


def cluster_accounts(
    accounts: pl.DataFrame,
    edges: pl.DataFrame,
    guards: ClusterGuards | None = None,
    engine: Engine[Any] | None = None,
) -> Clusters:
    """Returns the component and rule of every account of `accounts`, and the judged edges.

    Accounts that edges connect are one component. Only the components in which a guard keeps
    somebody apart are built edge by edge, the strongest first; see constrained_merge. The result
    depends neither on the order of rows nor on which account an edge names first.

    The rule is ALONE for an account that is a component by itself. It is SAME_ID for accounts with
    the same home. Otherwise it is the rule of the account's strongest edge. If edges are equally
    strong, a key comes before LINK, and then the key of the highest priority, and then the first
    rule by name.

    Args:
        accounts: account, one row per account.
        edges: EVIDENCE_EDGES of all sources.
        guards: what keeps accounts apart; default: nothing does.
        engine: connects edges that do not fit in memory; default: the local one.
    """
    guards = guards or ClusterGuards()
    judged = _judge_edges(edges, guards)
    used = judged.filter(pl.col("dropped_as").is_null())
    homes = _homes(used)
    found, rounds = connect_frame(contract_homes(used), engine)
    placed = _locate(accounts.select("account"), homes, found)
    guarded = find_guarded_components(
        placed, lambda some: _locate(some, homes, found), guards, used
    )
    if guarded.len():
        here = _locate(used.select("edge", account="account_a"), homes, found)
        inside = here.filter(pl.col("component").is_in(guarded.implode()))
        concerned = used.join(inside, on="edge", how="semi").drop("dropped_as")
        merged = merge_under_guards(placed, concerned, guards)
        placed = placed.update(merged.components, on="account")
        judged = pl.concat([judged.update(merged.dropped, on="edge"), merged.added])
    if guards.withheld.height:  # the label of their component is no account's
        alone = pl.col("account").is_in(guards.withheld["account"].implode())
        label = pl.concat_str("account", pl.lit("#"))
        placed = placed.with_columns(
            pl.when(alone).then(label).otherwise(name).alias(name) for name in ("home", "component")
        )
    others = judged.filter(pl.col("rule") != SAME_ID).drop("edge")
    return Clusters(_name_rules(placed, others, guards.priorities), others, rounds)


def contract_homes(edges: pl.DataFrame) -> pl.DataFrame:
    """Returns a, b: the accounts of all edges except SAME_ID, each replaced by its home.

    Accounts of one home need no graph to be joined. So the graph contains only the accounts of
    other evidence, and stays small even if there are many accounts.

    Args:
        edges: EVIDENCE_EDGES.
    """
    other = edges.filter(pl.col("rule") != SAME_ID)
    ends = other.select(a="account_a", b="account_b")
    touched = pl.concat([ends["a"], ends["b"]]).implode()
    homes = _homes(edges).filter(pl.col("account").is_in(touched))
    joined = ends.join(homes, left_on="a", right_on="account", how="left").join(
        homes, left_on="b", right_on="account", how="left", suffix="_b"
    )
    return joined.select(a=pl.coalesce("home", "a"), b=pl.coalesce("home_b", "b"))


def _judge_edges(edges: pl.DataFrame, guards: ClusterGuards) -> pl.DataFrame:
    """Returns `edges` with edge (a number) and dropped_as, as far as each tells by itself."""
    least = pl.col("rule").replace_strict(
        dict(guards.thresholds), default=0.0, return_dtype=pl.Float64
    )
    light = pl.col("weight") < least
    reason: pl.Expr = pl.when(light).then(pl.lit(BELOW_THRESHOLD))
    if guards.withheld.height:
        kept = guards.withheld["account"].implode()
        # A home is only a name of its accounts' id space; it may itself be withheld.
        ends = pl.col("account_b").is_in(kept) | (
            pl.col("account_a").is_in(kept) & (pl.col("rule") != SAME_ID)
        )
        reason = pl.when(ends).then(pl.lit(NO_CONSENT)).otherwise(reason)
    return edges.with_row_index("edge").with_columns(dropped_as=reason.cast(pl.String))


def _locate(accounts: pl.DataFrame, homes: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Adds home and component to `accounts`, whatever accounts they are."""
    placed = accounts.join(homes, on="account", how="left", validate="m:1")
    placed = placed.with_columns(pl.coalesce("home", "account").alias("home"))
    placed = placed.join(found.rename({"node": "home"}), on="home", how="left")
    return placed.with_columns(pl.coalesce("component", "home").alias("component"))


def _homes(edges: pl.DataFrame) -> pl.DataFrame:
    """Returns account, home of the accounts with a SAME_ID edge."""
    return edges.filter(pl.col("rule") == SAME_ID).select(account="account_b", home="account_a")


def _name_rules(
    placed: pl.DataFrame, edges: pl.DataFrame, priorities: Mapping[str, int]
) -> pl.DataFrame:
    """Returns account, component, rule of the accounts of `placed` (account, home, component)."""
    strongest = _strongest_rules(edges.filter(pl.col("dropped_as").is_null()), priorities)
    return pl.concat(
        _name_part(part.join(strongest, on="account", how="left"))
        for part in split_rows(placed, "component")
    )


def _name_part(joined: pl.DataFrame) -> pl.DataFrame:
    """Returns account, component, rule of whole components: `joined` has the strongest rule."""
    return joined.with_columns(
        rule=pl.when(pl.len().over("component") == 1)
        .then(pl.lit(ALONE))
        .when(pl.len().over("home", "component") > 1)
        .then(pl.lit(SAME_ID))
        # An account without an edge of its own is joined through a home outside `accounts`.
        .otherwise(pl.coalesce("rule", pl.lit(LINK)))
    ).select("account", "component", "rule")


def _strongest_rules(edges: pl.DataFrame, priorities: Mapping[str, int]) -> pl.DataFrame:
    """Returns account, rule of the strongest of `edges`, for accounts with one."""
    ends = [edges.select(f"account_{s}", "rule", "weight") for s in "ab"]
    touching = pl.concat([end.rename({end.columns[0]: "account"}) for end in ends])
    rank = -pl.col("rule").replace_strict(dict(priorities), default=0, return_dtype=pl.Int64)
    strongest = touching.sort(pl.col("weight").neg(), pl.col("rule") == LINK, rank, "rule").unique(
        "account", keep="first", maintain_order=True
    )
    return strongest.select("account", "rule")
