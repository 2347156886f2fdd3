"""Assigns accounts to buckets, so that all accounts of a person share one bucket."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from plait.engine.engine import BUCKET
from plait.identity.clusters import contract_homes
from plait.identity.components.find_components import find_components
from plait.identity.evidence import same_id_edges

_HASH_BITS = 16  # bits of the pseudonym that choose the bucket: at most 65,536 buckets


@dataclass(frozen=True)
class Partitioner:
    """Assigns buckets by the leading bits of the pseudonym that represents the person.

    It uses the identity that is known before the first event is read (account attributes and
    links). fusion/incremental/repartition.py moves rows if the events add to it.

    Attributes:
        buckets: the number of buckets, a power of two.
        overrides: node (an account or a home account), bucket: the nodes whose bucket does not
            follow from their own bits.
    """

    buckets: int
    overrides: pl.DataFrame

    @classmethod
    def from_identity(
        cls,
        buckets: int,
        accounts: pl.DataFrame,
        edges: pl.DataFrame,
        before: pl.DataFrame | None = None,
    ) -> Partitioner:
        """Returns the partitioner for the known identity; see identity/evidence.py.

        Args:
            buckets: the number of buckets, a power of two.
            accounts: account, home.
            edges: EVIDENCE_EDGES of all sources except account ids. Those that a guard refuses do
                no harm: accounts of several persons may share a bucket.
            before: account, home, bucket of accounts whose events are in the store already.
        """
        if buckets == 1:
            return cls(1, pl.DataFrame(schema={"node": pl.String, BUCKET: pl.Int64}))
        if before is None:
            before = pl.DataFrame(schema=dict.fromkeys(("account", "home"), pl.String))
            before = before.with_columns(pl.lit(0, pl.Int64).alias(BUCKET))
        both = pl.concat([frame.select("account", "home") for frame in (accounts, before)])
        home = pl.col("home").max().fill_null(pl.col("account").first())
        known = both.group_by("account").agg(home)
        stored = before.select("account", BUCKET).join(known, on="account")
        stored = stored.group_by(node="home").agg(pl.col(BUCKET).min())
        components = find_components(contract_homes(pl.concat([same_id_edges(known), edges])))
        # A component takes the bucket in which one of its accounts has events already.
        held = components.join(stored, on="node").group_by("component").agg(pl.col(BUCKET).min())
        own = hash_bucket(pl.col("component"), buckets)
        routed = components.join(held, on="component", how="left").select(
            "node", pl.coalesce(BUCKET, own).alias(BUCKET)
        )
        strays = stored.filter(pl.col(BUCKET) != hash_bucket(pl.col("node"), buckets))
        return cls(buckets, pl.concat([routed, strays.join(routed, on="node", how="anti")]))

    def assign_buckets(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Returns `accounts` (account, home) with the column `bucket`."""
        own = hash_bucket(pl.col("home"), self.buckets)
        if not self.overrides.height:
            return accounts.with_columns(own)
        routed = accounts.join(
            self.overrides.rename({"node": "account", BUCKET: "by_account"}),
            on="account",
            how="left",
        ).join(self.overrides.rename({"node": "home", BUCKET: "by_home"}), on="home", how="left")
        return routed.select(
            *accounts.columns, pl.coalesce("by_account", "by_home", own).alias(BUCKET)
        )


def hash_bucket(pseudonym: pl.Expr, buckets: int) -> pl.Expr:
    """Returns the column `bucket`, 0 to buckets - 1: the leading bits of the pseudonym's hash."""
    if buckets == 1:
        return pl.lit(0, pl.Int64).alias(BUCKET)
    leading = pseudonym.str.slice(-32, 4).str.to_integer(base=16, dtype=pl.Int64)
    bucket: pl.Expr = (leading * buckets // 2**_HASH_BITS).alias(BUCKET)
    return bucket
