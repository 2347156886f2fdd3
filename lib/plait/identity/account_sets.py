"""Disjoint sets of accounts that know what keeps them apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from plait.identity.cluster_guards import CAP, CONTRADICTION, UNLINKED

Values = dict[int, set[int]]  # key to values


class AccountSets:
    """Disjoint sets (union-find) of the nodes 0 to n - 1, each with its enemies and values.

    The smaller set is always added to the larger one, so n joins take O(n log n) steps.
    """

    def __init__(
        self,
        sizes: Collection[int],
        apart: Iterable[tuple[int, int]],
        contradictions: Iterable[tuple[int, int]],
        values: Iterable[tuple[int, int, int]],
        max_accounts: int | None,
    ) -> None:
        """Makes a set of each node.

        Args:
            sizes: how much each node counts for `max_accounts`.
            apart: pairs of nodes that are never in one set.
            contradictions: pairs of nodes that only declared evidence puts into one set.
            values: node, key, value.
            max_accounts: the largest size of a set; null: any.
        """
        self._parent = list(range(len(sizes)))
        self._size = list(sizes)
        self._load = [1] * len(sizes)
        self._smallest = list(range(len(sizes)))
        self._apart = _enemies(apart)
        self._contradictions = _enemies(contradictions)
        self._values: dict[int, Values] = {}
        for node, key, value in values:
            self._values.setdefault(node, {}).setdefault(key, set()).add(value)
        for node, held in self._values.items():
            self._load[node] += sum(map(len, held.values()))
        self._max = max_accounts

    def find(self, node: int) -> int:
        """Returns the node that stands for the set of `node`."""
        parent = self._parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def smallest(self) -> list[int]:
        """Returns the smallest node of each node's set."""
        return [self._smallest[self.find(node)] for node in range(len(self._parent))]

    def contradict(self, nodes: Iterable[int]) -> bool:
        """Returns whether the sets of `nodes` contradict each other, by values or by pairs."""
        tops = sorted({self.find(node) for node in nodes})
        among, held = set(tops), Values()
        for top in tops:
            if not among.isdisjoint(self._contradictions.get(top, ())):
                return True
            mine = self._values.get(top, {})
            if _differ(held, mine):
                return True
            for key, values in mine.items():
                held.setdefault(key, set()).update(values)
        return False

    def join(self, a: int, b: int, *, declared: bool, weak: bool) -> str | None:
        """Joins the sets of `a` and `b`, or returns why not.

        Args:
            a: a node.
            b: a node.
            declared: whether contradictions do not matter.
            weak: whether different values matter.
        """
        a, b = self.find(a), self.find(b)
        if a == b:
            return None
        if b in self._apart.get(a, ()):
            return UNLINKED
        if not declared and b in self._contradictions.get(a, ()):
            return CONTRADICTION
        if weak and _differ(self._values.get(a, {}), self._values.get(b, {})):
            return CONTRADICTION
        if self._max is not None and self._size[a] + self._size[b] > self._max:
            return CAP
        self._unite(a, b)
        return None

    def _unite(self, large: int, small: int) -> None:
        if self._load[large] < self._load[small]:
            large, small = small, large
        self._parent[small] = large
        self._size[large] += self._size[small]
        self._load[large] += self._load[small]
        self._smallest[large] = min(self._smallest[large], self._smallest[small])
        for enemies in (self._apart, self._contradictions):
            for enemy in enemies.pop(small, ()):
                enemies[enemy].discard(small)
                if enemy != large:
                    enemies[enemy].add(large)
                    enemies.setdefault(large, set()).add(enemy)
        for key, values in self._values.pop(small, {}).items():
            self._values.setdefault(large, {}).setdefault(key, set()).update(values)


def _enemies(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    enemies: dict[int, set[int]] = {}
    for a, b in pairs:
        if a != b:
            enemies.setdefault(a, set()).add(b)
            enemies.setdefault(b, set()).add(a)
    return enemies


def _differ(one: Mapping[int, set[int]], two: Mapping[int, set[int]]) -> bool:
    """Returns whether both have values of one key, and no value of any key in common."""
    both = one.keys() & two.keys()
    return bool(both) and all(one[key].isdisjoint(two[key]) for key in both)
