from __future__ import annotations

from plait.recommend.ranked_lists import ScoredItem
from plait.recommend.rerank import interleave_lists


def test_lists_take_turns() -> None:
    a, b, c = (
        [ScoredItem(f"{name}:{i}", 1.0) for i in range(n)]
        for name, n in (("a", 3), ("b", 1), ("c", 2))
    )
    assert [i.item for i in interleave_lists([a, b, c])] == [
        "a:0",
        "b:0",
        "c:0",
        "a:1",
        "c:1",
        "a:2",
    ]
    assert interleave_lists([]) == []
