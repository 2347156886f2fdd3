"""The popular list beside dislikes: who has none is not sorted anew for those who have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from plait.recommend.popular_list import PopularList
from plait.recommend.recommender import Recommender


def test_only_who_dislikes_pays_for_a_sort(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    popular = PopularList(Recommender.load(small.project, version="v1").model)
    usual = popular.order_scores("shop")
    best = int(usual.argmax())
    lost = torch.zeros(5, len(usual))
    lost[3, best] = -10.0
    sorted_rows: list[int] = []
    lexsort = np.lexsort

    def watched(keys: Any, axis: int = -1) -> Any:
        sorted_rows.append(len(keys[0]))
        return lexsort(keys, axis=axis)

    monkeypatch.setattr(np, "lexsort", watched)
    order = popular.order_scores("shop", lost)
    assert sorted_rows == [1]
    for row in (0, 1, 2, 4):
        assert torch.equal(order[row], usual)
    assert order[3].argsort(descending=True)[0] == usual.argsort(descending=True)[1]
    assert sorted(order[3].tolist()) == sorted(usual.tolist())
