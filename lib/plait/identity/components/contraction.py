"""Contracts a graph on an engine, round by round, and expands it again."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import polars as pl

from plait.engine.engine import Engine, Spill, SplitReader
from plait.identity.components.contract import (
    HashEdges,
    LabelNodes,
    RelabelEdges,
    label_rows,
    take_edges,
)
from plait.identity.components.expand import (
    AnswerFollowers,
    FindLeastNames,
    list_components,
    name_components,
)
from plait.identity.components.messages import count_collisions
from plait.progress import ProgressTask


class Contraction:
    """The spills of a graph that is contracted; all are removed at the end.

    Args:
        engine: the engine.
        buckets: the number of buckets, a power of two.
        limit: the number of edges to connect in memory, on the driver.
        progress: what is told how many edges are left.

    Attributes:
        rounds: the number of rounds of `contract`.
    """

    def __init__(
        self, engine: Engine[Any], buckets: int, limit: int, progress: ProgressTask
    ) -> None:
        self._engine, self._buckets, self._limit = engine, buckets, limit
        self._progress = progress
        self._open: list[Spill] = []
        self._edges, self._asks = self._spill(), self._spill()
        # What `expand` needs of each round; that of the first has the names too.
        self._levels: list[Spill] = [self._spill()]
        self._rest = pl.DataFrame()
        self.rounds = 0

    def __enter__(self) -> Contraction:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._open:
            self._close(self._open[0])

    def read(self, splits: Sequence[Any], reader: SplitReader[Any], salt: int) -> bool:
        """Reads all edges; see connect. Returns false if two names of a chunk have one hash.

        Args:
            splits: the splits of the edges.
            reader: yields the edges of a split.
            salt: the seed of the hash of names.
        """
        out = self._engine.map_splits(
            splits,
            reader,
            HashEdges(self._buckets, salt),
            spills={"names": self._levels[0], "edges": self._edges, "asks": self._asks},
            tables={},
            merges={"collisions": count_collisions},
            advance=self._progress.advance,
        )
        return not (out and out["collisions"].item())

    def contract(self) -> None:
        """Contracts the graph until the edges that are left fit in memory; connects these."""
        while self._asks.rows:
            self._contract_once()
            left = self._edges.rows
            self._progress.advance(0, f"round {self.rounds}, {left:,} edges left")
            if left <= self._limit:
                break
        if self._edges.rows:
            rest = self._engine.map_buckets(
                self._edges, take_edges, tables={}, merges={"edges": lambda frame: frame}
            )
            self._rest = label_rows(rest["edges"], self._buckets)
        self._close(self._edges)
        self._close(self._asks)

    def expand(self, result: Spill) -> bool:
        """Writes node, component of all nodes to `result`.

        Returns false, and writes nothing, if two names have one hash.
        """
        while len(self._levels) > 1:
            level = self._levels.pop()
            answers = self._levels[-1]
            self._engine.map_buckets(
                level,
                AnswerFollowers(named=len(self._levels) == 1),
                side_input=self._rest if self._rest.height else None,
                spills={"answers": answers},
                tables={},
                merges={},
            )
            self._rest = pl.DataFrame()
            self._close(level)
        return self._name(self._levels[0], result)

    def _contract_once(self) -> None:
        """Contracts every node that has edges into a node that it is connected to."""
        self._levels.append(self._spill())
        self._engine.map_buckets(
            self._asks,
            LabelNodes(self._buckets, named=self.rounds == 0),
            spills={
                "labels": self._levels[-2],
                "followed": self._levels[-1],
                "answers": self._edges,
            },
            tables={},
            merges={},
        )
        asked, relabelled = self._asks, self._edges
        self._edges, self._asks = self._spill(), self._spill()
        self._engine.map_buckets(
            relabelled,
            RelabelEdges(self._buckets),
            spills={"edges": self._edges, "asks": self._asks},
            tables={},
            merges={},
        )
        self._close(asked)
        self._close(relabelled)
        self.rounds += 1

    def _name(self, nodes: Spill, result: Spill) -> bool:
        names = self._spill()
        out = self._engine.map_buckets(
            nodes,
            FindLeastNames(self._buckets),
            spills={"names": names},
            tables={},
            merges={"collisions": count_collisions},
        )
        if out and out["collisions"].item():
            return False
        self._engine.map_buckets(
            names, name_components, spills={"components": nodes}, tables={}, merges={}
        )
        self._engine.map_buckets(
            nodes, list_components, spills={"found": result}, tables={}, merges={}
        )
        return True

    def _spill(self) -> Spill:
        spill: Spill = self._engine.spill(self._buckets)
        self._open.append(spill)
        return spill

    def _close(self, spill: Spill) -> None:
        self._open.remove(spill)
        spill.close()
