"""Which bucket an account's rows go to: all accounts of a person to one."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from plait.engine.engine import BUCKET
from plait.identity.clusters import contract_homes, find_components
from plait.identity.evidence import same_id_edges

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
    overrides: pl.DataFrame

    @classmethod
    def from_identity(
        cls,
        buckets: int,
        accounts: pl.DataFrame,
        edges: pl.DataFrame,
        before: pl.DataFrame | None = None,
    ) -> Partitioner:
        """Returns the routes that follow from what is known: see identity/evidence.py.

        Args:
            buckets: a power of two.
            accounts: account, home.
            edges: EVIDENCE_EDGES of all sources but account ids.
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
        found = find_components(contract_homes(pl.concat([same_id_edges(known), edges])))
        # Where one of a component has events already, the others come to it.
        lies = found.join(lying, on="node").group_by("component").agg(pl.col(BUCKET).min())
        own = hash_bucket(pl.col("component"), buckets)
        routed = found.join(lies, on="component", how="left").select(
            "node", pl.coalesce(BUCKET, own).alias(BUCKET)
        )
        strays = lying.filter(pl.col(BUCKET) != hash_bucket(pl.col("node"), buckets))
        return cls(buckets, pl.concat([routed, strays.join(routed, on="node", how="anti")]))

    def assign_buckets(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Returns `accounts` (account, home) with their `bucket`."""
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
    """Returns `bucket`: the leading bits of the pseudonym's hash, 0 to buckets - 1."""
    if buckets == 1:
        return pl.lit(0, pl.Int64).alias(BUCKET)
    leading = pseudonym.str.slice(-32, 4).str.to_integer(base=16, dtype=pl.Int64)
    bucket: pl.Expr = (leading * buckets // 2**_HASH_BITS).alias(BUCKET)
    return bucket
