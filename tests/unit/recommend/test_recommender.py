import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from plait.contracts.event_types import EVENT_STRENGTHS
from plait.contracts.http_messages import MAX_K
from plait.contracts.store_tables import SEQUENCES
from plait.errors import BadRequest, DamagedVersion, NoModel, NotFinite, UnknownPlatform
from plait.recommend.rank import top_k_columns
from plait.recommend.recommender import Recommender
from plait.store import Store


@pytest.fixture(scope="module")
def ours(small) -> Recommender:
    return Recommender.load(small.project, version="v1")


@pytest.fixture(scope="module")
def sequences(small) -> pl.DataFrame:
    return small.store.read("sequences").sort("person")


def nobody(items: tuple[str, ...] = ()) -> pl.DataFrame:
    steps = {
        "event_id": [[f"e{i}" for i in range(len(items))]],
        "platform": [[item.partition(":")[0] for item in items]],
        "item": [list(items)],
        "type": [["view"] * len(items)],
        "time": [[None] * len(items)],
        "order": [list(range(len(items)))],
        "strength": [[0.3] * len(items)],
    }
    return SEQUENCES.conform(pl.DataFrame({"person": ["p_new"], "total": [len(items)], **steps}))


def test_top_columns_are_exact_and_ties_go_to_the_smaller_column():
    scores = torch.tensor([[1.0, 3.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0]])
    columns, values = top_k_columns(scores, np.array([0]), np.array([2]), 3)
    assert columns[0].tolist() == [1, 3, 0]
    assert values[0].tolist() == [3.0, 3.0, 1.0]
    assert columns[1].tolist() == sorted(columns[1].tolist())
    assert scores[0, 2] == 2.0  # not changed


def test_top_columns_end_where_nothing_is_left():
    _, values = top_k_columns(torch.zeros(1, 2), np.array([0, 0]), np.array([0, 1]), 5)
    assert values.tolist() == [[-np.inf, -np.inf]]


def test_the_list_is_the_argsort_of_all_scores(ours: Recommender, sequences: pl.DataFrame):
    lists = ours.recommend(sequences, "video", 7)
    total = ours.score(ours.encode(sequences), "video").total.numpy()
    names = ours.model.vocabulary.item_ids(ours.model.vocabulary.platform_items("video")).to_list()
    for row, answer in enumerate(lists):
        seen = set(sequences["item"][row])
        order = [j for j in np.argsort(-total[row], kind="stable") if names[j] not in seen]
        assert [i.item for i in answer.items] == [names[j] for j in order[:7]]
        assert [i.score for i in answer.items] == pytest.approx(total[row][order[:7]].tolist())


def test_a_request_is_about_the_present(ours: Recommender, sequences: pl.DataFrame):
    whole = ours.encode(sequences)
    history = whole.take(np.arange(len(whole)), np.full(len(whole), 5))
    last = history.time[history.offsets[1:] - 1]
    present = ours.model.score(history, "shop", time.time_ns() // 1000).total
    then = ours.model.score(history, "shop", last).total
    assert not torch.allclose(present, then)
    torch.testing.assert_close(ours.score(history, "shop").total, present)
    torch.testing.assert_close(ours.score(history, "shop", last).total, then)
    first = int(ours.model.net.edges[0])
    items = [ours.model.vocabulary.item_ids(ours.model.vocabulary.platform_items("shop")).to_list()]
    for given in (None, first, first - 10**15, first + 10**18):
        at = {} if given is None else {"now": given}
        expected = ours.score(whole, "shop", given).total[0].tolist()
        ranked = ours.rank(sequences[:1], "shop", items, **at)[0].items
        assert [i.score for i in ranked] == pytest.approx(sorted(expected, reverse=True), abs=1e-5)
        top = ours.recommend(sequences[:1], "shop", 40, exclude_seen=False, **at)[0].items
        assert [i.score for i in top] == pytest.approx(sorted(expected, reverse=True), abs=1e-5)


def test_terms_add_up_to_the_score(ours: Recommender, sequences: pl.DataFrame):
    for answer in ours.recommend(sequences, "shop", 5):
        for item in answer.items:
            assert len(item.terms) >= 3
            assert sum(item.terms.values()) == pytest.approx(item.score, abs=1e-4)


def test_rank_gives_the_scores_and_the_order_of_top(ours: Recommender, sequences: pl.DataFrame):
    top = ours.recommend(sequences, "shop", 6)
    asked = [sorted(i.item for i in answer.items) for answer in top]
    asked[0] = ["shop:never", *asked[0], "video:i1", "shop:never"]
    for place, (first, second) in enumerate(
        zip(top, ours.rank(sequences, "shop", asked), strict=True)
    ):
        scored = [i for i in second.items if i.score is not None]
        assert [(i.item, i.score) for i in scored] == [(i.item, i.score) for i in first.items]
        assert scored[0].terms == pytest.approx(first.items[0].terms, abs=1e-6)
        unknown = [i.item for i in second.items if i.score is None]
        assert unknown == (["shop:never", "video:i1", "shop:never"] if place == 0 else [])


def test_rank_of_nothing(ours: Recommender, sequences: pl.DataFrame):
    assert ours.rank(sequences[:2], "shop", [[], []])[1].items == []


def test_seen_and_excluded_items_are_left_out(ours: Recommender, sequences: pl.DataFrame):
    person = sequences[:2]
    free = ours.recommend(person, "shop", 100, exclude_seen=False)
    some = ours.recommend(
        person, "shop", 100, exclude_seen=[True, False], exclude=[["shop:i2"], []]
    )
    everything = {i.item for i in free[0].items}
    assert everything == {i for i in ours.model.vocabulary.items["item"] if i[:4] == "shop"}
    assert {i.item for i in some[0].items} == everything - set(person["item"][0]) - {"shop:i2"}
    assert {i.item for i in some[1].items} == everything


def test_a_stranger_gets_the_popular_items(small, ours: Recommender):
    answer = ours.recommend(nobody(), "shop", 5)[0]
    assert answer.fallback == "unknown_person"
    train = ours.model.net.counts[:, -1].numpy()
    own = train[ours.model.vocabulary.platform_items("shop")]
    shares = [i.score for i in answer.items]
    assert shares == pytest.approx(sorted(own / own.sum(), reverse=True)[:5])
    assert all(i.terms == {"popularity": i.score} for i in answer.items)


def test_a_person_of_unknown_items_gets_the_popular_items(ours: Recommender):
    seen = nobody(("shop:never", "other:i1"))
    answer = ours.recommend(seen, "shop", 3, exclude=[["shop:i3"]])[0]
    assert answer.fallback == "no_known_items"
    assert len(answer.items) == 3
    assert "shop:i3" not in {i.item for i in answer.items}
    assert ours.rank(seen, "shop", [["shop:i1"]])[0].fallback == "no_known_items"


def test_one_event_on_another_platform_is_enough(ours: Recommender):
    first = ours.recommend(nobody(("video:i1",)), "shop", 5)[0]
    second = ours.recommend(nobody(("video:i11",)), "shop", 5)[0]
    assert first.fallback is second.fallback is None
    assert [i.item for i in first.items] != [i.item for i in second.items]


def test_events_that_stay_on_their_platform_make_no_other_list(ours: Recommender):
    rows = nobody(("video:i1",)).with_columns(own_platform=pl.Series([True]))
    shop = ours.recommend(rows, "shop", 5)[0]
    stranger = ours.recommend(nobody(), "shop", 5)[0]
    assert shop.fallback == "no_consent"
    assert [i.item for i in shop.items] == [i.item for i in stranger.items]
    assert ours.rank(rows, "shop", [["shop:i1"]])[0].fallback == "no_consent"
    video = ours.recommend(rows, "video", 5)[0]
    assert video == ours.recommend(nobody(("video:i1",)), "video", 5)[0]


def test_neighbours_in_a_batch_change_nothing(ours: Recommender, sequences: pl.DataFrame):
    together = ours.recommend(pl.concat([sequences[:3], nobody(), sequences[3:9]]), "shop", 5)
    for row, place in ((1, 1), (5, 6)):
        alone = ours.recommend(sequences[row : row + 1], "shop", 5)[0]
        assert [i.item for i in alone.items] == [i.item for i in together[place].items]


def disliking(sequences: pl.DataFrame, item: str, kind: str = "dislike") -> pl.DataFrame:
    """Returns the rows after each person did `kind` to `item`."""
    step = {
        "event_id": "e_last",
        "platform": item.partition(":")[0],
        "item": item,
        "type": kind,
        "time": datetime(2025, 1, 1, tzinfo=UTC),
        "order": None,
        "strength": EVENT_STRENGTHS[kind],
    }
    kinds = {name: SEQUENCES.polars[name].inner for name in step}
    return sequences.with_columns(
        pl.concat_list(name, pl.lit(value, kinds[name])).alias(name) for name, value in step.items()
    )


@pytest.mark.parametrize("kind", ["dislike", "unfollow"])
def test_what_someone_turned_against_is_never_listed(
    ours: Recommender, sequences: pl.DataFrame, kind: str
):
    for row in range(0, 12, 3):
        person = sequences[row : row + 1]
        before = ours.recommend(person, "shop", 40, exclude_seen=False)[0].items
        item = before[0].item
        after = disliking(person, item, kind)
        free = ours.recommend(after, "shop", 40, exclude_seen=False)[0]
        assert {i.item for i in free.items} == {i.item for i in before} - {item}
        assert item not in {i.item for i in ours.recommend(after, "shop", 40)[0].items}
        asked = [[i.item for i in before]]
        ranked = ours.rank(after, "shop", asked)[0].items
        assert ranked[-1].item == item
        scores = {i.item: i.score for i in ranked}
        assert all(scores[i.item] <= i.score + 1e-5 for i in before)
        assert ranked[-1].terms["dislike"] < -10
        assert sum(ranked[-1].terms.values()) == pytest.approx(ranked[-1].score, abs=1e-4)
        lifted = disliking(after, item, "like")
        assert item in {
            i.item for i in ours.recommend(lifted, "shop", 40, exclude_seen=False)[0].items
        }


def test_someone_of_whom_only_dislikes_are_known_gets_what_is_popular_and_unlike_them(
    ours: Recommender,
):
    popular = ours.recommend(nobody(), "shop", 40)[0]
    best = popular.items[0].item
    known = disliking(nobody(), best)
    answer = ours.recommend(known, "shop", 40, exclude_seen=False)[0]
    assert answer.fallback == "no_known_items"
    assert {i.item for i in answer.items} == {i.item for i in popular.items} - {best}
    shares = {i.item: i.score for i in popular.items}
    assert all(i.score <= shares[i.item] for i in answer.items)
    assert [i.score for i in answer.items] == sorted((i.score for i in answer.items), reverse=True)
    for item in answer.items:
        assert sum(item.terms.values()) == pytest.approx(item.score)
    everything = [[i.item for i in popular.items]]
    ranked = ours.rank(known, "shop", everything)[0].items
    assert ranked[-1].item == best
    assert [i.item for i in ranked[:-1]] == [i.item for i in answer.items]
    beside = ours.recommend(pl.concat([nobody(), known]), "shop", 40)
    assert [i.score for i in beside[0].items] == [i.score for i in popular.items]
    assert beside[1].items == answer.items


@pytest.mark.parametrize("k", [0, -1, MAX_K + 1, 10**9])
def test_k_out_of_range(ours: Recommender, k: int):
    with pytest.raises(BadRequest, match=rf"1 to {MAX_K}"):
        ours.recommend(nobody(), "shop", k)


def test_unknown_platform_and_version(small, ours: Recommender):
    with pytest.raises(UnknownPlatform, match="Did you mean 'shop'"):
        ours.recommend(nobody(), "shopp", 3)
    with pytest.raises(NoModel, match="v99"):
        Recommender.load(small.store, version="v99")


def test_no_model_yet(store):
    with pytest.raises(NoModel, match="plait train"):
        Recommender.load(store)


def test_a_version_without_its_weights(small, tmp_path: Path):
    shutil.copytree(small.project.store_path, tmp_path / "store")
    (tmp_path / "store/models/default/v1/weights.safetensors").unlink()
    with pytest.raises(DamagedVersion, match="missing"):
        Recommender.load(Store(tmp_path / "store"))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_make_no_list(value: float):
    scores = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, value]])
    none = np.zeros(0, np.int64)
    with pytest.raises(NotFinite, match="'shop' are not finite"):
        top_k_columns(scores, none, none, 3, "shop")
    # What is hidden is in no list, whatever it scores; so is what many others are better than.
    _, values = top_k_columns(scores, np.array([1]), np.array([2]), 2, "shop")
    assert values.tolist() == [[3.0, 2.0], [2.0, 1.0]]


def test_a_model_whose_scores_overflow_makes_no_list(small):
    ours = Recommender.load(small.project, version="v1")
    sequences = small.store.read("sequences").head(3)
    item = ours.model.vocabulary.items["item"].filter(
        ours.model.vocabulary.items["platform"] == "shop"
    )[0]
    with torch.no_grad():  # finite, as their products are not
        ours.model.net.items.embedding.weight.fill_(3e38)
        ours.model.net.terms["profile"].taste.weight.fill_(3e38)
    with pytest.raises(NotFinite):
        ours.recommend(sequences, "shop", 5)
    with pytest.raises(NotFinite):
        ours.rank(sequences, "shop", [[item]] * 3)


def test_an_item_seen_before_the_history_begins_is_not_listed(ours: Recommender):
    person = nobody(("shop:i1", "shop:i2"))
    first = [item.item for item in ours.recommend(person, "shop", 3)[0].items]
    had = person.with_columns(seen=pl.lit("\n".join(first[:2])))
    both = pl.concat([had, person])
    without, other = (
        [item.item for item in found.items] for found in ours.recommend(both, "shop", 3)
    )
    assert first[2] == without[0]
    assert not set(first[:2]) & set(without)
    assert other == first
    everything = ours.recommend(had, "shop", 3, exclude_seen=False, exclude=[["shop:i9"]])
    assert {item.item for item in everything[0].items} >= set(first[:2])
