"""Events that may not be trained on reach no model; events of one platform reach no other."""

from __future__ import annotations

import numpy as np
import polars as pl

from plait.contracts.store_tables import SEQUENCES
from plait.features.history import concat_histories, encode_history
from plait.features.trainable import keep_trainable
from plait.features.vocabulary import Vocabulary

_ITEMS = pl.DataFrame(
    {"item": ["news:a", "shop:b", "shop:c"], "platform": ["news", "shop", "shop"]}
)


def _sequences(*people: dict[str, object]) -> pl.DataFrame:
    rows = []
    for number, person in enumerate(people):
        items = person["item"]
        assert isinstance(items, list)
        rows.append(
            {
                "person": f"p{number}",
                "total": len(items),
                "event_id": [str(n) for n in range(len(items))],
                "platform": [item.partition(":")[0] for item in items],
                "type": ["view"] * len(items),
                "strength": [0.5] * len(items),
                "time": [None] * len(items),
                "order": list(range(len(items))),
                **person,
            }
        )
    return SEQUENCES.conform(
        pl.DataFrame(rows, schema_overrides=dict(SEQUENCES.polars), strict=False)
    )


def test_withheld_events_are_left_out() -> None:
    rows = _sequences(
        {"item": ["news:a", "shop:b"], "seen": "shop:c"},
        {"item": ["news:a", "shop:b", "shop:c"], "train": "101", "seen": "news:x"},
        {"item": ["shop:b"], "train": "0"},
    )
    kept = keep_trainable(rows)
    assert kept["person"].to_list() == ["p0", "p1", "p2"]
    assert kept["item"].to_list() == [["news:a", "shop:b"], ["news:a", "shop:c"], []]
    assert kept["order"].to_list() == [[0, 1], [0, 2], []]
    assert kept["seen"].to_list() == ["shop:c", None, None]
    assert keep_trainable(rows[:1]).drop("seen").equals(rows[:1].drop("seen", "train"))


def test_a_list_uses_only_what_its_platform_may_use() -> None:
    vocabulary = Vocabulary.build(("news", "shop"), _ITEMS)
    rows = _sequences(
        {"item": ["news:a", "shop:b"]}, {"item": ["shop:b", "shop:c"], "own_platform": True}
    )
    history = encode_history(rows, vocabulary)
    assert history.usable_on(0).lengths.tolist() == [2, 0]
    assert history.usable_on(1).lengths.tolist() == [2, 2]
    turned = history.take(np.array([1, 0]))
    assert turned.usable_on(0).lengths.tolist() == [0, 2]
    freely = encode_history(rows[:1], vocabulary)
    assert freely.usable_on(0) is freely
    both = concat_histories([freely, history])
    assert both.usable_on(0).lengths.tolist() == [2, 2, 0]
    assert both.keep(both.strength > 0).usable_on(0).lengths.tolist() == [2, 2, 0]
