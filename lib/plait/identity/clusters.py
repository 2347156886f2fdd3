"""Connected components of accounts that belong together."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def find_components(edges: pl.DataFrame) -> pl.DataFrame:
    """Returns node and component (its smallest node) for every end of `edges` (a, b)."""
    nodes = pl.concat([edges["a"], edges["b"]]).unique().sort().alias("node")
    index = nodes.to_frame().with_row_index("code")
    count = index.height
    if not count:
        return pl.DataFrame(schema={"node": pl.String, "component": pl.String})
    ends = [
        edges.select(pl.col(side).alias("node")).join(index, on="node", maintain_order="left")
        for side in ("a", "b")
    ]
    rows, columns = (end["code"].to_numpy() for end in ends)
    graph = coo_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    # Nodes are sorted: the first of a component is its smallest.
    first = np.full(int(labels.max()) + 1, count, dtype=np.int64)
    np.minimum.at(first, labels, np.arange(count))
    return pl.DataFrame({"node": nodes, "component": nodes.gather(first[labels])})
