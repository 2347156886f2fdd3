"""The k-core, against the definition."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from plait.fusion.kernels.k_core import find_k_core


def _slowly(pairs: list[tuple[int, int]], k: int) -> tuple[set[int], set[int]]:
    while True:
        accounts, items = Counter(a for a, _ in pairs), Counter(i for _, i in pairs)
        kept = [(a, i) for a, i in pairs if accounts[a] >= k and items[i] >= k]
        if len(kept) == len(pairs):
            return {a for a, _ in kept}, {i for _, i in kept}
        pairs = kept


@pytest.mark.parametrize("k", [1, 2, 3, 5, 50])
@pytest.mark.parametrize("seed", range(4))
def test_the_core_is_what_repeated_removal_leaves(k: int, seed: int) -> None:
    draws = np.random.default_rng(seed)
    accounts = draws.integers(0, 40, 200).astype(np.uint64)
    items = draws.integers(0, 30, 200).astype(np.uint64)
    core = find_k_core(accounts, items, k)
    expected = _slowly(list(zip(accounts.tolist(), items.tolist(), strict=True)), k)
    assert (set(core.accounts), set(core.items)) == expected


def test_no_event() -> None:
    core = find_k_core(np.array([], np.uint64), np.array([], np.uint64), 2)
    assert core.accounts.len() == core.items.len() == 0
