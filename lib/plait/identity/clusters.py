"""Clusters accounts into persons by evidence edges, and names the rule of each account."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from plait.identity.evidence import LINK, SAME_ID

ALONE = "alone"


def cluster_accounts(accounts: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Returns account, component and rule for every account of `accounts`.

    The rule is ALONE for an account that is a component by itself. It is SAME_ID for accounts with
    the same home. Otherwise it is the rule of the account's strongest edge. If edges are equally
    strong, a key comes before LINK, and then the first rule by name.

    Args:
        accounts: account, one row per account.
        edges: EVIDENCE_EDGES of all sources.
    """
    found = find_components(contract_homes(edges)).rename({"node": "home"})
    homes = _homes(edges)
    placed = accounts.select("account").join(homes, on="account", how="left", validate="m:1")
    placed = placed.with_columns(pl.coalesce("home", "account").alias("home"))
    joined = placed.join(found, on="home", how="left").join(
        _strongest_rules(edges), on="account", how="left"
    )
    joined = joined.with_columns(pl.coalesce("component", "home").alias("component"))
    return joined.with_columns(
        rule=pl.when(pl.len().over("component") == 1)
        .then(pl.lit(ALONE))
        .when(pl.len().over("home") > 1)
        .then(pl.lit(SAME_ID))
        # An account without an edge of its own is joined through a home outside `accounts`.
        .otherwise(pl.coalesce("rule", pl.lit(LINK)))
    ).select("account", "component", "rule")


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


def find_components(ends: pl.DataFrame) -> pl.DataFrame:
    """Returns node, component for every node of `ends` (a, b). A component is its smallest node."""
    nodes = pl.concat([ends["a"], ends["b"]]).unique().sort().alias("node")
    index = nodes.to_frame().with_row_index("code")
    count = index.height
    if not count:
        return pl.DataFrame(schema={"node": pl.String, "component": pl.String})
    sides = [
        ends.select(pl.col(side).alias("node")).join(index, on="node", maintain_order="left")
        for side in ("a", "b")
    ]
    rows, columns = (side["code"].to_numpy() for side in sides)
    graph = coo_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    # The nodes are sorted, so the first node of a component is its smallest.
    first = np.full(int(labels.max()) + 1, count, dtype=np.int64)
    np.minimum.at(first, labels, np.arange(count))
    return pl.DataFrame({"node": nodes, "component": nodes.gather(first[labels])})


def _homes(edges: pl.DataFrame) -> pl.DataFrame:
    """Returns account, home of the accounts with a SAME_ID edge."""
    return edges.filter(pl.col("rule") == SAME_ID).select(account="account_b", home="account_a")


def _strongest_rules(edges: pl.DataFrame) -> pl.DataFrame:
    """Returns account, rule of the strongest edge, for accounts with an edge other than SAME_ID."""
    other = edges.filter(pl.col("rule") != SAME_ID)
    ends = [other.select(f"account_{s}", "rule", "weight") for s in "ab"]
    touching = pl.concat([end.rename({end.columns[0]: "account"}) for end in ends])
    strongest = touching.sort(pl.col("weight").neg(), pl.col("rule") == LINK, "rule").unique(
        "account", keep="first", maintain_order=True
    )
    return strongest.select("account", "rule")
