from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from plait.recommend.recommender import Recommender
from plait.serving.current_model import warm_up
from plait.serving.item_lists import ItemSlate, SlateRequest
from plait.serving.item_lists import build_slates as build_slates_of
from plait.serving.list_reasons import fallback_reason, without_live_state
from tests.live_sequences import people_of_sequences


def build_slates(model: Recommender, histories: pl.DataFrame, *more: Any) -> list[ItemSlate]:
    return build_slates_of(model, people_of_sequences(histories, model.model.vocabulary), *more)


@pytest.fixture(scope="module")
def model(small: Any) -> Recommender:
    return Recommender.load(small.project)


def test_every_row_gets_what_it_asked_for(model: Recommender, small: Any) -> None:
    histories = small.store.read("sequences").head(3)
    first, both, ranked = (listed.items for listed in build_slates(
        model,
        histories,
        [
            SlateRequest(k=3, platforms=("shop",), explain=True),
            SlateRequest(k=5, platforms=("video", "shop"), exclude=("video:i1",)),
            SlateRequest(items=("shop:i4", "nowhere:1", "shop:i6", "shop:never")),
        ],
        {"shop:i4": "Four"},
    ))  # fmt: skip
    top = model.recommend(histories[:1], "shop", 3)[0].items
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


def with_items(histories: pl.DataFrame, items: list[str]) -> pl.DataFrame:
    """Returns the first row with one event of each of `items` instead of its own."""
    steps = histories.head(1).explode(pl.col(pl.List)).head(1)
    changed = {"item": pl.Series(items), "platform": pl.Series([i[: i.index(":")] for i in items])}
    many = pl.concat([steps] * len(items)).with_columns(**changed)
    listed = many.group_by(
        "person", "total", "seen", "own_platform", "train", maintain_order=True
    ).all()
    return listed.select(histories.columns)


def test_a_list_that_is_generic_few_or_none_gives_its_reason(
    model: Recommender, small: Any
) -> None:
    vocabulary = model.model.vocabulary
    shop, video = (
        vocabulary.item_ids(vocabulary.platform_items(p)).to_list() for p in model.platforms
    )
    histories = small.store.read("sequences").head(1)
    had = set(histories["item"][0])
    unknown = histories.with_columns(pl.col("item").list.eval(pl.element() + "?"))
    new = histories.with_columns(pl.col(pl.List).list.head(0))
    left = [item for item in shop if item not in had]
    assert had & set(shop)
    all_shop = SlateRequest(k=3, platforms=("shop",), exclude=tuple(shop))
    cases: list[tuple[pl.DataFrame, SlateRequest, dict[str, str | None], str | None]] = [
        (histories, SlateRequest(k=3, platforms=("video", "shop")),
         {"video": None, "shop": None}, None),
        (histories, all_shop, {"shop": "all_excluded"}, "all_excluded"),
        (new, all_shop, {"shop": "all_excluded"}, "all_excluded"),
        (histories, SlateRequest(k=3, platforms=("shop",), exclude=tuple(left)),
         {"shop": "all_excluded"}, "all_excluded"),
        (histories, SlateRequest(k=3, platforms=("shop",), exclude=tuple(left[1:])),
         {"shop": "few_left"}, None),
        (histories,
         SlateRequest(k=500, platforms=("shop",), exclude=tuple(shop), exclude_seen=False),
         {"shop": "all_excluded"}, "all_excluded"),
        (with_items(histories, shop + video),
         SlateRequest(k=3, platforms=("shop", "video")),
         {"shop": "nothing_left", "video": "nothing_left"}, "nothing_left"),
        (histories.with_columns(seen=pl.lit("\n".join(left))),
         SlateRequest(k=3, platforms=("shop",)),
         {"shop": "nothing_left"}, "nothing_left"),
        (new, SlateRequest(k=3, platforms=("shop", "video"), exclude=tuple(shop)),
         {"shop": "all_excluded", "video": "unknown_person"}, "unknown_person"),
        (unknown, SlateRequest(k=3, platforms=("shop",)),
         {"shop": "no_known_items"}, "no_known_items"),
        (histories, SlateRequest(items=("shop:i1", "video:no", "nowhere:1")),
         {"shop": None, "video": "unknown_items", "nowhere": "unknown_items"}, None),
        (new, SlateRequest(items=("shop:i1",)), {"shop": "unknown_person"}, "unknown_person"),
    ]  # fmt: skip
    for history, question, reasons, fallback in cases:
        (listed,) = build_slates(model, history, [question], {})
        assert listed.reasons == reasons
        assert list(listed.reasons) == list(reasons)
        assert fallback_reason(listed.reasons, not listed.items) == fallback
    assert without_live_state(
        {"shop": "few_left", "video": None, "news": "nothing_left"}, "state_unavailable"
    ) == {
        "shop": "state_unavailable", "video": "state_unavailable", "news": "nothing_left"
    }  # fmt: skip


def test_all_rows_are_asked_at_one_moment(model: Recommender, small: Any) -> None:
    histories = small.store.read("sequences").head(2)
    asked = [SlateRequest(k=3, platforms=("shop",)), SlateRequest(items=("shop:i4",))]
    then = int(model.model.net.edges[0])
    first, ranked = (listed.items for listed in build_slates(model, histories, asked, {}, then))
    assert (
        first[0]["score"] == model.recommend(histories[:1], "shop", 3, now=then)[0].items[0].score
    )
    one = model.rank(histories[1:], "shop", [["shop:i4"]], now=then)[0].items[0]
    assert ranked[0]["score"] == pytest.approx(one.score)
    present = build_slates(model, histories, asked, {})[0].items
    assert present[0]["score"] != pytest.approx(first[0]["score"])


def test_a_list_that_dislikes_and_exclusions_emptied_says_which(
    model: Recommender, small: Any
) -> None:
    names = model.model.vocabulary.item_ids(model.model.vocabulary.platform_items("shop")).to_list()
    history = small.store.read("sequences").head(1)
    lists = {
        "event_id": [f"e{n}" for n in range(len(names) + 1)],
        "platform": ["shop"] * (len(names) + 1),
        "item": [*names, names[0]],
        "type": ["dislike"] * len(names) + ["like"],
        "time": [None] * (len(names) + 1),
        "order": list(range(len(names) + 1)),
        "strength": [-1.0] * len(names) + [0.9],
    }
    disliking = history.with_columns(
        pl.Series(name, [values], history.schema[name]) for name, values in lists.items()
    )
    asked = [
        SlateRequest(k=3, platforms=("shop",), exclude_seen=False),
        SlateRequest(k=3, platforms=("shop",), exclude_seen=False, exclude=(names[0],)),
    ]
    lifted, nothing = build_slates(model, pl.concat([disliking] * 2), asked, {})
    assert [item["item_id"] for item in lifted.items] == [names[0]]
    assert lifted.reasons == {"shop": "few_left"}
    assert nothing.items == []
    assert nothing.reasons == {"shop": "all_excluded"}


def test_a_warm_model_has_made_what_the_first_dislike_needs(small: Any) -> None:
    fresh = Recommender.load(small.project)
    warm_up(fresh)
    assert "_likeness" in vars(fresh.model)
