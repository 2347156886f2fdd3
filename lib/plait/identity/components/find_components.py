"""Finds connected components: in memory if the edges fit, else by bucket on an engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import polars as pl

from plait.engine.engine import BUCKET, Engine, Frames, Spill, SplitReader
from plait.engine.local.local_engine import LocalEngine
from plait.identity.components.contraction import Contraction
from plait.identity.components.in_memory import components_in_memory
from plait.progress import track_progress
from plait.say_count import say_count

IN_MEMORY_EDGES = 2_000_000  # edges that are connected in memory: about 1 GiB with their names
_BUCKET_EDGES = 500_000  # edges of a bucket
_MAX_BUCKETS = 256  # each bucket sends a file to each; with more edges, buckets become larger
_SLICE_ROWS = 500_000  # edges of a slice of a frame


@dataclass(frozen=True)
class FoundComponents:
    """The component of every node.

    Attributes:
        engine: the engine that has the rows.
        spill: node, component, one row per node. A component is its smallest node.
        rounds: the number of rounds on the engine; 0 if the edges fit in memory.
    """

    engine: Engine[Any]
    spill: Spill
    rounds: int

    def collect(self) -> pl.DataFrame:
        """Returns node, component of all nodes."""
        out = self.engine.map_buckets(
            self.spill,
            lambda _, rows, __: {"found": rows},
            tables={},
            merges={"found": lambda frame: frame},
        )
        empty = pl.DataFrame(schema={"node": pl.String, "component": pl.String})
        return out.get("found", empty)


def find_components(ends: pl.DataFrame, engine: Engine[Any] | None = None) -> pl.DataFrame:
    """Returns node, component for every node of `ends`. A component is its smallest node.

    Args:
        ends: a, b: two names of nodes that are connected.
        engine: the engine for edges that are too many to be connected in memory; default: the
            local one.
    """
    return connect_frame(ends, engine)[0]


def connect_frame(
    ends: pl.DataFrame, engine: Engine[Any] | None = None
) -> tuple[pl.DataFrame, int]:
    """Returns the frame of `find_components`, and the number of rounds on the engine."""
    if ends.height <= IN_MEMORY_EDGES:
        return components_in_memory(ends), 0
    slices = [ends[start : start + _SLICE_ROWS] for start in range(0, ends.height, _SLICE_ROWS)]
    with connect(engine or LocalEngine(), slices, _read_slice, ends.height) as found:
        return found.collect(), found.rounds


@contextmanager
def connect(
    engine: Engine[Any],
    splits: Sequence[Any],
    reader: SplitReader[Any],
    edges: int,
    in_memory: int | None = None,
) -> Iterator[FoundComponents]:
    """Yields the components of edges that need not fit in memory, and removes them at the end.

    Args:
        engine: the engine.
        splits: the splits of the edges.
        reader: yields the edges of a split, in chunks: a, b, the names of two connected nodes.
        edges: about how many edges there are.
        in_memory: connect so many edges in memory; default: IN_MEMORY_EDGES.
    """
    limit = IN_MEMORY_EDGES if in_memory is None else in_memory
    buckets = 1
    while buckets < _MAX_BUCKETS and buckets * _BUCKET_EDGES < edges:
        buckets *= 2
    result = engine.spill(buckets)
    try:
        with track_progress("Connecting", edges, "edges") as progress:
            if edges <= limit:
                _connect_in_memory(engine, splits, reader, result)
                rounds = 0
            else:
                for salt in count():  # a second time if two names have one 64-bit hash
                    with Contraction(engine, result.buckets, limit, progress) as graph:
                        if not graph.read(splits, reader, salt):
                            continue
                        graph.contract()
                        if graph.expand(result):
                            rounds = graph.rounds
                            break
            progress.note = say_count(rounds, "round")
        yield FoundComponents(engine, result, rounds)
    finally:
        result.close()


def _connect_in_memory(
    engine: Engine[Any], splits: Sequence[Any], reader: SplitReader[Any], result: Spill
) -> None:
    """Writes the components of edges that fit in memory to `result`."""
    out = engine.map_splits(
        splits, reader, _take_ends, spills={}, tables={}, merges={"ends": lambda frame: frame}
    )
    if not out:
        return
    found = components_in_memory(out["ends"])
    share = pl.int_range(pl.len(), dtype=pl.Int64) % result.buckets
    engine.map_splits(
        [found.with_columns(share.alias(BUCKET))],
        _read_slice,
        lambda _, rows: {"found": rows},
        spills={"found": result},
        tables={},
        merges={},
    )


def _take_ends(split: Any, ends: pl.DataFrame) -> Frames:
    return {"ends": ends.select("a", "b")}


def _read_slice(part: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield part
