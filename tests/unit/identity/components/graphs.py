"""Graphs with many shapes, and how tests connect them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl


def edges(pairs: np.ndarray, seed: int = 0) -> pl.DataFrame:
    """Returns a, b of [n, 2] numbers, in random order and direction."""
    draws = np.random.default_rng(seed)
    mixed = draws.permuted(draws.permutation(pairs), axis=1)
    return pl.DataFrame(mixed, schema=["a", "b"], orient="row").select(
        pl.format("a_{}", pl.all().cast(pl.String).str.zfill(7)).name.keep()
    )


def path(nodes: int) -> np.ndarray:
    """Returns a path through the nodes in the order of their names."""
    order = np.arange(nodes)
    return np.stack([order[:-1], order[1:]], axis=1)


def crossing_path(nodes: int, seed: int = 0) -> np.ndarray:
    """Returns a path through the nodes in random order."""
    order = np.random.default_rng(seed).permutation(nodes)
    return np.stack([order[:-1], order[1:]], axis=1)


def star(leaves: int) -> np.ndarray:
    """Returns a star whose middle is not its smallest node."""
    return np.stack([np.full(leaves, leaves // 2), np.arange(leaves)], axis=1)


def cliques(count: int, size: int) -> np.ndarray:
    """Returns `count` cliques, with each edge in both directions and self loops."""
    a, b = np.divmod(np.arange(size * size), size)
    first = np.repeat(np.arange(count) * size, size * size)
    return np.stack([np.tile(a, count) + first, np.tile(b, count) + first], axis=1)


def cycles(count: int, size: int) -> np.ndarray:
    """Returns `count` cycles."""
    node = np.arange(count * size)
    return np.stack([node, node // size * size + (node + 1) % size], axis=1)


def random(nodes: int, count: int, seed: int = 0) -> np.ndarray:
    """Returns edges between any two nodes; some are repeated, some are self loops."""
    return np.random.default_rng(seed).integers(0, nodes, (count, 2))


GRAPHS = {
    "path": path(100_000),
    "crossing path": crossing_path(20_000),
    "star": star(30_000),
    "cliques": cliques(50, 20),
    "cycles": cycles(300, 7),
    "forest": random(20_000, 9_000),
    "giant component": random(20_000, 30_000),
    "self loops": np.repeat(np.arange(900), 4).reshape(-1, 2),
    "all": np.concatenate(
        [
            path(3_000),
            star(2_000) + 10_000,
            cliques(20, 9) + 20_000,
            cycles(50, 5) + 30_000,
            random(4_000, 3_000) + 40_000,
        ]
    ),
}


def slices(ends: pl.DataFrame, count: int) -> list[pl.DataFrame]:
    """Returns `ends` in `count` slices."""
    rows = max(-(-ends.height // count), 1)
    return [ends[start : start + rows] for start in range(0, ends.height, rows)]


def read(part: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yields a slice in two chunks."""
    half = part.height // 2
    yield from (part[:half], part[half:])
