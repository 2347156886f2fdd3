"""Which bucket an account's rows go to: all accounts of a person to one."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from plait.engine.engine import BUCKET
from plait.identity.clusters import find_components
from plait.identity.resolve_accounts import evidence_edges

_HASH_BITS = 16  # of the pseudonym that choose among at most 65,536 buckets


@dataclass(frozen=True)
class Partitioner:
    """Buckets by account: the leading bits of the pseudonym that stands for the person.

    What is known of identity before the first event is read (account attributes, links) decides
    here. What is learned later is mended by fusion/incremental/repartition.py.

    Attributes:
        buckets: a power of two.
        known: node (an account or a home account), bucket; of those that do not lie where their
            own bits say.
    """

    buckets: int
    known: pl.DataFrame

    @classmethod
    def of(
        cls,
        buckets: int,
        accounts: pl.DataFrame,
        keys: pl.DataFrame,
        links: pl.DataFrame,
        before: pl.DataFrame | None = None,
    ) -> Partitioner:
        """Returns the routes that follow from what is known: see identity.resolve.edges.

        Args:
            buckets: a power of two.
            accounts: account, home.
            keys: account, key, value that identify.
            links: account_a, account_b.
            before: account, home, bucket of accounts whose events lie in the store already.
        """
        if buckets == 1:
            return cls(1, pl.DataFrame(schema={"node": pl.String, BUCKET: pl.Int64}))
        if before is None:
            before = pl.DataFrame(schema=dict.fromkeys(("account", "home"), pl.String))
            before = before.with_columns(pl.lit(0, pl.Int64).alias(BUCKET))
        both = pl.concat([frame.select("account", "home") for frame in (accounts, before)])
        home = pl.col("home").max().fill_null(pl.col("account").first())
        known = both.group_by("account").agg(home)
        lying = before.select("account", BUCKET).join(known, on="account")
        lying = lying.group_by(node="home").agg(pl.col(BUCKET).min())
        found = find_components(evidence_edges(known, keys, links))
        found = found.filter(~pl.col("node").str.starts_with("key:"))
        # A component's smallest node may be a key; its smallest account stands for it. Where one
        # has events already, the others come to it.
        first = (
            found.join(lying, on="node", how="left")
            .group_by("component")
            .agg(pl.col("node").min().alias("first"), pl.col(BUCKET).min().alias("lies"))
        )
        target = pl.coalesce("lies", hash_bucket(pl.col("first"), buckets)).alias(BUCKET)
        routed = found.join(first, on="component").select("node", target)
        strays = lying.filter(pl.col(BUCKET) != hash_bucket(pl.col("node"), buckets))
        return cls(buckets, pl.concat([routed, strays.join(routed, on="node", how="anti")]))

    def add(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Returns `accounts` (account, home) with their `bucket`."""
        own = hash_bucket(pl.col("home"), self.buckets)
        if not self.known.height:
            return accounts.with_columns(own)
        routed = accounts.join(
            self.known.rename({"node": "account", BUCKET: "by_account"}), on="account", how="left"
        ).join(self.known.rename({"node": "home", BUCKET: "by_home"}), on="home", how="left")
        return routed.select(
            *accounts.columns, pl.coalesce("by_account", "by_home", own).alias(BUCKET)
        )


def hash_bucket(pseudonym: pl.Expr, buckets: int) -> pl.Expr:
    """Returns `bucket`: the leading bits of the pseudonym's hash, 0 to buckets - 1."""
    if buckets == 1:
        return pl.lit(0, pl.Int64).alias(BUCKET)
    leading = pseudonym.str.slice(-32, 4).str.to_integer(base=16, dtype=pl.Int64)
    bucket: pl.Expr = (leading * buckets // 2**_HASH_BITS).alias(BUCKET)
    return bucket
