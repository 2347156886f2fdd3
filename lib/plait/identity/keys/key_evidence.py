"""Evidence by identity keys: accounts that hold one value, within its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from plait.contracts.identity_tables import BLOCKED_KEYS
from plait.identity.evidence import EVIDENCE_EDGES, EVIDENCE_TERMS
from plait.identity.keys.account_values import REFUSED_VALUES
from plait.identity.keys.key_types import KeyRule
from plait.identity.keys.over_limit import find_over_limit

OVER_LIMIT = "over_limit"
# Values that are not what the key says have one row for all of a prefix: there may be many.
_MALFORMED = ("invalid", "no_country", "rounded")


@dataclass(frozen=True)
class KeyEvidence:
    """What the keys of accounts say.

    Attributes:
        edges: EVIDENCE_EDGES.
        held: account, key, value of the values that identify somebody.
        blocked: BLOCKED_KEYS.
    """

    edges: pl.DataFrame
    held: pl.DataFrame
    blocked: pl.DataFrame


def key_edges(
    attributes: pl.DataFrame,
    rules: Mapping[str, KeyRule],
    refused: pl.DataFrame | None = None,
) -> KeyEvidence:
    """Returns the edges from the first holder of each key value to its other holders.

    A value that more accounts hold than its key allows identifies nobody.

    Args:
        attributes: ACCOUNT_ATTRIBUTES; the key is null if an account has none.
        rules: the rule of every key.
        refused: REFUSED_VALUES: values that identify nobody by themselves.
    """
    held = attributes.filter(pl.col("key").is_not_null())
    over = find_over_limit(held, rules)
    fine = held.join(over, on=["key", "value"], how="anti")
    holders = fine.group_by("key", "value", "account").agg(
        pl.col("seen").min(), pl.col("alias").all()
    )
    first = holders.group_by("key", "value").agg(
        pl.col("account").min().alias("account_a"), holders=pl.len()
    )
    first = first.filter(pl.col("holders") > 1)
    starts = holders.select("key", "value", account_a="account", since_a="seen")
    stars = holders.join(first, on=["key", "value"]).filter(
        pl.col("account") != pl.col("account_a")
    )
    stars = stars.join(starts, on=["key", "value", "account_a"])
    since = pl.max_horizontal("seen", "since_a")
    known = pl.col("seen").is_not_null() & pl.col("since_a").is_not_null()
    weights = {name: rule.weight for name, rule in rules.items()}
    edges = stars.select(
        "account_a",
        account_b="account",
        rule="key",
        weight=pl.col("key").replace_strict(weights, default=None, return_dtype=pl.Float64),
        since=pl.when(known).then(since),
        terms=pl.lit([], EVIDENCE_TERMS),
    ).unique(["account_a", "account_b", "rule"])
    return KeyEvidence(
        edges.select(pl.col(name).cast(kind) for name, kind in EVIDENCE_EDGES.items()),
        holders.filter(~pl.col("alias")).select("account", "key", "value"),
        _blocked(held.join(over, on=["key", "value"], how="semi"), refused),
    )


def _blocked(over: pl.DataFrame, refused: pl.DataFrame | None) -> pl.DataFrame:
    """Returns BLOCKED_KEYS of the rows of values over their limit, and of refused values."""
    shown = over.filter(~pl.col("alias")).select(
        "account", "key", "value", "prefix", reason=pl.lit(OVER_LIMIT)
    )
    rows = pl.concat([shown, *([] if refused is None else [refused.select(list(REFUSED_VALUES))])])
    many = pl.col("reason").is_in(_MALFORMED)
    found = rows.group_by(
        "key", "prefix", "reason", pl.when(~many).then("value").alias("each")
    ).agg(
        accounts=pl.col("account").n_unique().cast(pl.Int64),
        values=pl.col("value").n_unique().cast(pl.Int64),
    )
    order = ["key", "reason", "accounts", "prefix"]
    return BLOCKED_KEYS.conform(found.sort(order, descending=[False, False, True, False]))


def count_blocked(blocked: pl.DataFrame) -> dict[str, dict[str, dict[str, int]]]:
    """Returns the values and the accounts of BLOCKED_KEYS, by key and reason.

    An account counts once for each of its values.
    """
    sums = blocked.group_by("key", "reason").agg(pl.col("values", "accounts").sum())
    counted: dict[str, dict[str, dict[str, int]]] = {}
    for key, reason, values, accounts in sums.sort("key", "reason").iter_rows():
        counted.setdefault(key, {})[reason] = {"values": values, "accounts": accounts}
    return counted
