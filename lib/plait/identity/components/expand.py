"""The passes that undo the contraction: from the last node of a component back to all names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.engine.engine import BUCKET, Frames
from plait.identity.components.messages import (
    ANSWER,
    COMPONENT,
    FOLLOWED,
    LABEL,
    NAME,
    distinct_names,
    follow,
    make_rows,
    node_bucket,
    of_kind,
)

# Bucket of nodes -> bucket of `root`: the least name of the root's nodes there.
LEAST_NAMES: dict[str, Any] = {"root": pl.UInt64(), "text": pl.String(), "source": pl.Int64()}


@dataclass(frozen=True)
class AnswerFollowers:
    """Bucket kernel: tells the buckets of the round before what their labels became in the end.

    The side input has labels that were found in memory, as a, b.

    Attributes:
        named: whether the answers go to the spill with the names.
    """

    named: bool

    def __call__(self, bucket: int, rows: pl.DataFrame, found: pl.DataFrame) -> Frames:
        """Returns the answers."""
        followed = of_kind(rows, FOLLOWED, "a", "b").rename({"a": "node", "b": "source"})
        followed = followed.with_columns(root="node")
        if found.width:
            followed = follow(followed, "root", found)
        moved = _find_roots(followed, rows).filter(pl.col("root") != pl.col("node"))
        return {
            "answers": moved.select(
                make_rows(
                    ANSWER, self.named, a=pl.col("node"), b=pl.col("root"), bucket=pl.col("source")
                )
            )
        }


@dataclass(frozen=True)
class FindLeastNames:
    """Bucket kernel over names, labels and answers: the least name of each root in a bucket."""

    buckets: int

    def __call__(self, bucket: int, rows: pl.DataFrame, _: pl.DataFrame) -> Frames:
        """Returns LEAST_NAMES, and the number of names that share a hash."""
        nodes, collisions = _named_nodes(rows)
        least = nodes.group_by("root").agg(pl.col("text").min())
        return {
            "names": least.select(
                "root", "text", pl.lit(bucket, pl.Int64).alias("source"),
                node_bucket("root", self.buckets),
            ),
            "collisions": collisions,
        }  # fmt: skip


def name_components(bucket: int, rows: pl.DataFrame, _: pl.DataFrame) -> Frames:
    """Bucket kernel over LEAST_NAMES: tells all buckets of a root its least name."""
    named = rows.with_columns(pl.col("text").min().over("root"))
    row = make_rows(
        COMPONENT, named=True, a=pl.col("root"), text=pl.col("text"), bucket=pl.col("source")
    )
    return {"components": named.select(row)}


def list_components(bucket: int, rows: pl.DataFrame, _: pl.DataFrame) -> Frames:
    """Bucket kernel: returns node, component: all names of a bucket with that of the component."""
    components = of_kind(rows, COMPONENT, "a", "text").rename({"a": "root", "text": "component"})
    found = _named_nodes(rows)[0].join(components, on="root")
    return {
        "found": found.select(
            pl.col("text").alias("node"), "component", pl.lit(bucket, pl.Int64).alias(BUCKET)
        )
    }


def _named_nodes(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns text, node, root of every name of a bucket, and the collisions among them."""
    names, collisions = distinct_names(of_kind(rows, NAME, "a", "text").rename({"a": "node"}))
    return _find_roots(names.with_columns(root="node"), rows), collisions


def _find_roots(nodes: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Follows `root` of `nodes` by one label of this round, and then by what that became."""
    labelled = follow(nodes, "root", of_kind(rows, LABEL, "a", "b"))
    return follow(labelled, "root", of_kind(rows, ANSWER, "a", "b"))
