"""Evidence that accounts belong together: edges, one frame whatever they were made from.

A source is a function that returns EVIDENCE_EDGES; what reads edges knows no source.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

# An edge says that two accounts are one person's, whichever of them is named first.
# - rule: what says so: SAME_ID, the name of a key, LINK, or the name of another source.
# - weight: how sure that is, 0 to 1 like a probability; 1 for what somebody declared.
# - since: when it was said, or null where nobody knows.
# Either account may be one without events. What n accounts share is a star of n - 1 edges, never
# a pair each. SAME_ID edges are stars about the home account, account_a: an account is the
# account_b of at most one of them, and a home of none.
EVIDENCE_EDGES: dict[str, Any] = {
    "account_a": pl.String(),
    "account_b": pl.String(),
    "rule": pl.String(),
    "weight": pl.Float64(),
    "since": pl.Datetime("us", "UTC"),
}
SAME_ID, LINK = "same_account_id", "link"
# A key value held by more accounts than this is no key (a shared or a made-up address).
MAX_ACCOUNTS_PER_KEY = 50


def gather_edges(sources: Iterable[pl.DataFrame], min_weight: float = 0.0) -> pl.DataFrame:
    """Returns the EVIDENCE_EDGES of all `sources` that count: those of `min_weight` or more.

    Raises:
        ValueError: an edge lacks an account or a rule, or its weight is not 0 to 1.
        polars.exceptions.PolarsError: a source is not EVIDENCE_EDGES.
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
    """Returns EVIDENCE_EDGES between accounts of shared id spaces and their home accounts.

    Args:
        accounts: account, home; each account once.
    """
    away = accounts.filter(pl.col("account") != pl.col("home"))
    return _declared(away.select(account_a="home", account_b="account"), pl.lit(SAME_ID))


def key_edges(attributes: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Returns EVIDENCE_EDGES from the first holder of each key value to its other holders.

    The second result is the number of values that identify nobody: too many accounts hold them.

    Args:
        attributes: account, key, value; the key is null where an account has none.
    """
    held = attributes.filter(pl.col("key").is_not_null()).select("account", "key", "value")
    values = held.group_by("key", "value").agg(
        pl.col("account").n_unique().alias("holders"), pl.col("account").min().alias("first")
    )
    too_many = values.filter(pl.col("holders") > MAX_ACCOUNTS_PER_KEY).height
    shared = values.filter(pl.col("holders").is_between(2, MAX_ACCOUNTS_PER_KEY))
    stars = held.join(shared, on=["key", "value"]).filter(pl.col("account") != pl.col("first"))
    ends = stars.select("key", account_a="first", account_b="account").unique()
    return _declared(ends, pl.col("key")), too_many


def link_edges(standing: pl.DataFrame) -> pl.DataFrame:
    """Returns EVIDENCE_EDGES of the links that stand.

    Args:
        standing: account_a, account_b, joined, since: what was said last of each pair.
    """
    return _declared(standing.filter("joined"), pl.lit(LINK), pl.col("since"))


def _declared(ends: pl.DataFrame, rule: pl.Expr, since: pl.Expr | None = None) -> pl.DataFrame:
    """Returns EVIDENCE_EDGES of full weight between account_a and account_b of `ends`."""
    when = pl.lit(None) if since is None else since
    edges = ends.with_columns(rule=rule, weight=pl.lit(1.0), since=when)
    return edges.select(pl.col(name).cast(kind) for name, kind in EVIDENCE_EDGES.items())
