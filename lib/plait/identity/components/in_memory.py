"""Connected components of a graph that fits in memory."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

IndexArray = np.ndarray[tuple[int], np.dtype[np.int64]]


def components_in_memory(ends: pl.DataFrame) -> pl.DataFrame:
    """Returns node, component for every node of `ends`. A component is its smallest node.

    Args:
        ends: a, b: the names of two nodes that are connected.
    """
    nodes = pl.concat([ends["a"], ends["b"]]).unique().sort().alias("node")
    if not nodes.len():
        return pl.DataFrame({"node": nodes, "component": nodes})
    index = nodes.to_frame().with_row_index("code")
    a, b = (
        ends.select(node=side).join(index, on="node", maintain_order="left")["code"].to_numpy()
        for side in ("a", "b")
    )
    # The nodes are sorted, so the first node of a component is its smallest.
    return pl.DataFrame(
        {"node": nodes, "component": nodes.gather(_first_members(a, b, len(nodes)))}
    )


def stars_in_memory(ends: pl.DataFrame) -> pl.DataFrame:
    """Returns node, least for every node of `ends`: the components of nodes that are numbers.

    Args:
        ends: a, b: UInt64.
    """
    both = np.concatenate([ends["a"].to_numpy(), ends["b"].to_numpy()])
    nodes, places = np.unique(both, return_inverse=True)
    a, b = np.split(places, 2)
    return pl.DataFrame({"node": nodes, "least": nodes[_first_members(a, b, len(nodes))]})


def _first_members(a: np.ndarray, b: np.ndarray, count: int) -> IndexArray:
    """Returns [count] the least node of each node's component; nodes are 0 to count - 1."""
    graph = coo_array((np.ones(len(a), dtype=bool), (a, b)), shape=(count, count))
    components, labels = connected_components(graph, directed=False)
    first = np.full(components, count, dtype=np.int64)
    np.minimum.at(first, labels, np.arange(count))
    members: IndexArray = first[labels]
    return members
