"""Evidence edges: pairs of accounts that belong to one person.

Each source of evidence is a function that returns EVIDENCE_EDGES. Code that reads edges does not
depend on their sources.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

# An edge states that two accounts belong to one person. The order of the accounts does not matter.
# - rule: the source: SAME_ID, the name of a key, LINK, or the name of another source.
# - weight: the probability that the edge is right, 0 to 1; 1 for declared evidence.
# - since: when the edge was declared, or null if unknown.
# - terms: what the weight is made of, for evidence that was estimated: the log2 Bayes factor (bits)
#   of each term at its level of agreement. Empty for declared evidence. They have no raw values.
# Either account may have no events. If n accounts share a value, they form a star of n - 1 edges,
# not all pairs. SAME_ID edges are stars around the home account, which is account_a. An account is
# account_b of at most one SAME_ID edge, and a home account of none.
EVIDENCE_TERMS = pl.List(pl.Struct({"term": pl.String, "level": pl.String, "bits": pl.Float64}))
EVIDENCE_EDGES: dict[str, Any] = {
    "account_a": pl.String(),
    "account_b": pl.String(),
    "rule": pl.String(),
    "weight": pl.Float64(),
    "since": pl.Datetime("us", "UTC"),
    "terms": EVIDENCE_TERMS,
}
SAME_ID, LINK, PROBABILISTIC = "same_account_id", "link", "probabilistic"


def gather_edges(sources: Iterable[pl.DataFrame], min_weight: float = 0.0) -> pl.DataFrame:
    """Returns the EVIDENCE_EDGES of all `sources` whose weight is at least `min_weight`.

    Raises:
        ValueError: an edge has no account or no rule, or its weight is not between 0 and 1.
        polars.exceptions.PolarsError: a source does not have the columns of EVIDENCE_EDGES.
    """
    edges = pl.concat([pl.DataFrame(schema=EVIDENCE_EDGES), *sources])
    whole = pl.all_horizontal(pl.col("account_a", "account_b", "rule").is_not_null())
    fine = whole & pl.col("weight").is_between(0, 1).fill_null(value=False)
    faults = edges.filter(~fine)
    if faults.height:
        msg = (
            f"{faults.height} edges lack an account, a rule or a weight of 0 to 1: {faults.row(0)}"
        )
        raise ValueError(msg)
    return edges.filter(pl.col("weight") >= min_weight)


def same_id_edges(accounts: pl.DataFrame) -> pl.DataFrame:
    """Returns EVIDENCE_EDGES from home accounts to the other accounts of shared id spaces.

    Args:
        accounts: account, home; one row per account.
    """
    away = accounts.filter(pl.col("account") != pl.col("home"))
    return _declared(away.select(account_a="home", account_b="account"), pl.lit(SAME_ID))


def link_edges(standing: pl.DataFrame) -> pl.DataFrame:
    """Returns EVIDENCE_EDGES of the valid links.

    Args:
        standing: account_a, account_b, joined, since: the last assertion on each pair; see
            standing_links.
    """
    return _declared(standing.filter("joined"), pl.lit(LINK), pl.col("since"))


def _declared(ends: pl.DataFrame, rule: pl.Expr, since: pl.Expr | None = None) -> pl.DataFrame:
    """Returns EVIDENCE_EDGES of weight 1 between account_a and account_b of `ends`."""
    when = pl.lit(None) if since is None else since
    edges = ends.with_columns(
        rule=rule, weight=pl.lit(1.0), since=when, terms=pl.lit([], EVIDENCE_TERMS)
    )
    return edges.select(pl.col(name).cast(kind) for name, kind in EVIDENCE_EDGES.items())
