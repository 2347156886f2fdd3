from __future__ import annotations

from typing import Any

import pytest

from plait.recommend.answer import ScoredItem
from plait.recommend.recommender import Recommender
from plait.serving.lists import Question, alternate, answer


@pytest.fixture(scope="module")
def model(small: Any) -> Recommender:
    return Recommender.load(small.project)


def test_lists_take_turns() -> None:
    a, b, c = (
        [ScoredItem(f"{name}:{i}", 1.0) for i in range(n)]
        for name, n in (("a", 3), ("b", 1), ("c", 2))
    )
    assert [i.item for i in alternate([a, b, c])] == ["a:0", "b:0", "c:0", "a:1", "c:1", "a:2"]
    assert alternate([]) == []


def test_every_row_gets_what_it_asked_for(model: Recommender, small: Any) -> None:
    histories = small.store.read("sequences").head(3)
    (first, _), (both, _), (ranked, _) = answer(
        model,
        histories,
        [
            Question(k=3, platforms=("shop",), explain=True),
            Question(k=5, platforms=("video", "shop"), exclude=("video:i1",)),
            Question(items=("shop:i4", "nowhere:1", "shop:i6", "shop:never")),
        ],
        {"shop:i4": "Four"},
    )
    top = model.top(histories[:1], "shop", 3)[0].items
    assert [i["item_id"] for i in first] == [i.item for i in top]
    assert [i["score"] for i in first] == pytest.approx([i.score for i in top], abs=1e-5)
    assert sum(first[0]["terms"].values()) == pytest.approx(first[0]["score"], abs=1e-4)  # type: ignore[attr-defined]
    assert [i["platform"] for i in both] == ["video", "shop", "video", "shop", "video"]
    assert "video:i1" not in [i["item_id"] for i in both]
    assert [i["position"] for i in both] == [1, 2, 3, 4, 5]
    assert {i["item_id"] for i in ranked[:2]} == {"shop:i4", "shop:i6"}
    assert [i["item_id"] for i in ranked[2:]] == ["nowhere:1", "shop:never"]
    assert [i["known"] for i in ranked] == [True, True, False, False]
    assert next(i["title"] for i in ranked if i["item_id"] == "shop:i4") == "Four"


def test_all_rows_are_asked_at_one_moment(model: Recommender, small: Any) -> None:
    histories = small.store.read("sequences").head(2)
    asked = [Question(k=3, platforms=("shop",)), Question(items=("shop:i4",))]
    then = int(model.model.net.edges[0])
    (first, _), (ranked, _) = answer(model, histories, asked, {}, then)
    assert first[0]["score"] == model.top(histories[:1], "shop", 3, now=then)[0].items[0].score
    one = model.rank(histories[1:], "shop", [["shop:i4"]], now=then)[0].items[0]
    assert ranked[0]["score"] == pytest.approx(one.score)
    (present, _), _ = answer(model, histories, asked, {})
    assert present[0]["score"] != pytest.approx(first[0]["score"])
