"""Finds the chain of evidence whose weakest edge is the strongest."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from plait.identity.why.explanation import Evidence

_AS_STRONG = 0.01  # a weight that is lower by at most this is as strong


def strongest_chain(edges: Sequence[Evidence], first: str, second: str) -> tuple[Evidence, ...]:
    """Returns the edges of a chain from `first` to `second`, each turned in that direction.

    No other chain has a weakest edge that is stronger by more than .01. Of those with one as
    strong, it is a shortest, which says more to a reader. It is empty if no chain joins them, or if
    they are the same account.
    """
    if first == second:
        return ()
    weakest = _bottleneck(edges, first, second)
    if weakest is None:
        return ()
    usable = [edge for edge in edges if edge.weight >= weakest - _AS_STRONG]
    # Of parallel edges the strongest comes first, and the first one found is kept.
    usable.sort(key=lambda e: (-e.weight, bool(e.terms), e.rule, e.account_a, e.account_b))
    neighbours: dict[str, list[Evidence]] = defaultdict(list)
    for edge in usable:
        for end in {edge.account_a, edge.account_b}:
            neighbours[end].append(edge.turned_from(end))
    came_by: dict[str, Evidence | None] = {first: None}
    waiting = deque([first])
    while waiting:
        here = waiting.popleft()
        for edge in neighbours[here]:
            if edge.account_b not in came_by:
                came_by[edge.account_b] = edge
                waiting.append(edge.account_b)
    return tuple(_walk_back(came_by, second))[::-1]


def _walk_back(came_by: dict[str, Evidence | None], end: str) -> Iterable[Evidence]:
    while (edge := came_by[end]) is not None:
        yield edge
        end = edge.account_a


def _bottleneck(edges: Sequence[Evidence], first: str, second: str) -> float | None:
    """Returns the largest weight w so that edges of at least w join the two; null if none do."""
    root: dict[str, str] = {}

    def find(node: str) -> str:
        while (up := root.setdefault(node, node)) != node:
            root[node] = node = root[up]
        return node

    for edge in sorted(edges, key=lambda edge: -edge.weight):
        root[find(edge.account_a)] = find(edge.account_b)
        if find(first) == find(second):
            return edge.weight
    return None
