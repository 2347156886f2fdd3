"""The rows that the passes of the contraction send to each other's buckets.

A node is the 64-bit hash of its name, and its low bits are its bucket. A bucket has two parts that
know nothing of each other but these rows: its *edges*, which may have any nodes, and its *nodes*.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from plait.engine.engine import BUCKET

# Bucket of edges -> bucket of `node`: what it calls the node (`least`), and where it asks from.
ASKS: dict[str, Any] = {"node": pl.UInt64(), "least": pl.UInt64(), "source": pl.UInt32()}
# All other rows have a kind. NAMED_ROWS are those of the spill with the names of nodes.
ROWS: dict[str, Any] = {"kind": pl.UInt8(), "a": pl.UInt64(), "b": pl.UInt64()}
NAMED_ROWS: dict[str, Any] = {**ROWS, "text": pl.String()}
EDGE = 0  # a and b are connected
LABEL = 1  # a is contracted into b in this round
FOLLOWED = 2  # nodes of bucket b were contracted into a in the round before
ANSWER = 3  # what a is now called: b
NAME = 4  # the name of a is text
COMPONENT = 5  # the component whose nodes are all contracted into a is called text


def node_bucket(node: str, buckets: int) -> pl.Expr:
    """Returns the column `bucket`: the bucket of the node in column `node`.

    Args:
        node: the name of the column.
        buckets: the number of buckets, a power of two.
    """
    return (pl.col(node) & pl.lit(buckets - 1, pl.UInt64)).cast(pl.Int64).alias(BUCKET)


def make_rows(kind: int, named: bool, **columns: pl.Expr) -> list[pl.Expr]:
    """Returns the columns of NAMED_ROWS or ROWS, and `bucket`; a column not given is null."""
    schema = NAMED_ROWS if named else ROWS
    given = {"kind": pl.lit(kind), **columns}
    rows = [given.get(name, pl.lit(None)).cast(as_).alias(name) for name, as_ in schema.items()]
    return [*rows, columns[BUCKET].cast(pl.Int64).alias(BUCKET)]


def of_kind(rows: pl.DataFrame, kind: int, *columns: str) -> pl.DataFrame:
    """Returns `columns` of the rows of one kind."""
    return rows.filter(pl.col("kind") == kind).select(columns)


def distinct_names(names: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns each node once, and the number of nodes that are hashes of several names, as n.

    Args:
        names: node, text.
    """
    ordered = names.sort("node")
    same = pl.col("node") == pl.col("node").shift(1)
    other = pl.col("text") != pl.col("text").shift(1)
    collisions = ordered.select((same & other).sum().cast(pl.Int64).alias("n"))
    return ordered.filter(~same.fill_null(value=False)), collisions


def count_collisions(partials: pl.DataFrame) -> pl.DataFrame:
    """Merges the numbers of collisions."""
    return partials.select(pl.col("n").sum())


def follow(frame: pl.DataFrame, column: str, step: pl.DataFrame) -> pl.DataFrame:
    """Returns `frame` with each node of `column` replaced by its b in `step`, if it has one.

    Args:
        frame: any frame.
        column: the name of a column of nodes.
        step: a, b: one row per a.
    """
    found = frame.join(step, left_on=column, right_on="a", how="left", maintain_order="left")
    return found.with_columns(pl.coalesce("b", column).alias(column)).drop("b")
