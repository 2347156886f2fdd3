"""The passes that contract a graph by one round, after Łącki et al. 2018 (LocalContraction).

Every node is contracted into the least node that it is connected to in any bucket of edges. The
order is that of the nodes' hashes, which is random, so a round leaves about half of the nodes that
still have edges, or fewer. Edges within a bucket are contracted completely before they are sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import polars_hash  # noqa: F401 - registers the `nchash` namespace

from plait.engine.engine import Frames
from plait.identity.components.in_memory import stars_in_memory
from plait.identity.components.messages import (
    ANSWER,
    ASKS,
    EDGE,
    FOLLOWED,
    LABEL,
    NAME,
    distinct_names,
    follow,
    make_rows,
    node_bucket,
    of_kind,
)

_STAR_ROWS = 4096  # edges of one node that stay together; more are spread over the buckets


@dataclass(frozen=True)
class HashEdges:
    """Row kernel: turns names into nodes, and sends names, edges and questions to buckets.

    Attributes:
        buckets: the number of buckets.
        salt: the seed of the hash.
    """

    buckets: int
    salt: int = 0

    def __call__(self, split: Any, ends: pl.DataFrame) -> Frames:
        """Returns the frames of the pairs a, b of names."""
        hashed = ends.select("a", "b", x=self._hash("a"), y=self._hash("b"))
        named = [hashed.select(node="x", text="a"), hashed.select(node="y", text="b")]
        names, collisions = distinct_names(pl.concat(named))
        return {
            "collisions": collisions,
            "names": names.select(
                make_rows(
                    NAME, named=True, a=pl.col("node"), text=pl.col("text"),
                    bucket=node_bucket("node", self.buckets),
                )
            ),
            **send_stars(hashed.select(a="x", b="y"), self.buckets),
        }  # fmt: skip

    def _hash(self, column: str) -> pl.Expr:
        hashed: pl.Expr = pl.col(column).nchash.xxh3_64(seed=self.salt)  # type: ignore[attr-defined]
        return hashed


@dataclass(frozen=True)
class LabelNodes:
    """Bucket kernel over ASKS: contracts each node of a bucket, and answers who asked.

    Attributes:
        buckets: the number of buckets.
        named: whether this is the first round, whose labels go to the spill with the names.
    """

    buckets: int
    named: bool

    def __call__(self, bucket: int, asks: pl.DataFrame, _: pl.DataFrame) -> Frames:
        """Returns the labels, the buckets that follow them, and the answers."""
        labels = asks.group_by("node").agg(pl.col("least").min().alias("label"))
        here = pl.lit(bucket)
        moved = asks.select("node", "source").unique().join(labels, on="node")
        node, label = pl.col("node"), pl.col("label")
        return {
            "labels": labels.select(make_rows(LABEL, self.named, a=node, b=label, bucket=here)),
            "followed": labels.select("label").unique().select(
                make_rows(
                    FOLLOWED, named=False, a=label, b=here,
                    bucket=node_bucket("label", self.buckets),
                )
            ),
            "answers": moved.filter(node != label).select(
                make_rows(ANSWER, named=False, a=node, b=label, bucket=pl.col("source"))
            ),
        }  # fmt: skip


@dataclass(frozen=True)
class RelabelEdges:
    """Bucket kernel over edges and answers: sends the edges that are left, and new questions."""

    buckets: int

    def __call__(self, bucket: int, rows: pl.DataFrame, _: pl.DataFrame) -> Frames:
        """Returns the edges between what their nodes were contracted into."""
        answers = of_kind(rows, ANSWER, "a", "b")
        edges = of_kind(rows, EDGE, "a", "b").rename({"a": "x", "b": "y"})
        edges = follow(follow(edges, "x", answers), "y", answers)
        left = edges.filter(pl.col("x") != pl.col("y"))
        return send_stars(left.select(a="x", b="y"), self.buckets)


def send_stars(ends: pl.DataFrame, buckets: int) -> Frames:
    """Returns `edges` and `asks` of the components that `ends` has by itself, as stars.

    A star has the least node of a component in its middle, and one edge for each other node. It
    goes to the bucket of its middle. A large star is spread over buckets, so that none is large.

    Args:
        ends: a, b.
        buckets: the number of buckets.
    """
    stars = stars_in_memory(ends)
    leaves = stars.filter(pl.col("node") != pl.col("least")).with_columns(place="least")
    largest = leaves.group_by("least").len()["len"].max()
    if isinstance(largest, int) and largest > _STAR_ROWS:
        part = pl.int_range(pl.len(), dtype=pl.UInt64).over("least") // _STAR_ROWS
        leaves = leaves.with_columns(place=pl.col("least") + part)
    leaves = leaves.with_columns(node_bucket("place", buckets).alias("source"))
    # The middle is asked for from wherever one of its edges is, and from its own bucket at least.
    middles = pl.concat(
        [
            leaves.select(node="least", least="least", source="source"),
            stars.filter(pl.col("node") == pl.col("least")).with_columns(
                node_bucket("node", buckets).alias("source")
            ),
        ]
    ).unique()
    asks = pl.concat([leaves.select("node", "least", "source"), middles])
    return {
        "edges": leaves.select(
            make_rows(
                EDGE, named=False, a=pl.col("node"), b=pl.col("least"), bucket=pl.col("source")
            )
        ),
        "asks": asks.select(
            *(pl.col(name).cast(kind) for name, kind in ASKS.items()), node_bucket("node", buckets)
        ),
    }


def take_edges(bucket: int, rows: pl.DataFrame, _: pl.DataFrame) -> Frames:
    """Bucket kernel: returns the edges of a bucket, to be contracted in memory."""
    return {"edges": of_kind(rows, EDGE, "a", "b")}


def label_rows(rest: pl.DataFrame, buckets: int) -> pl.DataFrame:
    """Returns the components of the edges that are left (a, b), as a side input: a, b, bucket."""
    found = stars_in_memory(rest).rename({"node": "a", "least": "b"})
    return found.with_columns(node_bucket("a", buckets))
