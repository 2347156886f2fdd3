"""Items appended to a trained model change no score of those that it had, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from plait.errors import CannotAppend
from plait.features.history import History
from plait.models.neural import dislike_term
from plait.models.neural.append_items import append_items
from plait.models.neural.neural_model import NeuralModel
from tests.unit.models.conftest import COUNT, build_model, some_items, some_people

PLATFORMS = ("a", "b")
NOW = 1_800_000_000_000_000
NEW = ["b:new1", "a:new1", "a:00+", "b:new0"]
FACTS = ("counts", "first", "price", "items.tokens", "items.vectors")


def new_items(names: list[str], entity: dict[str, str] | None = None) -> pl.DataFrame:
    items = some_items(names)
    shared = [(entity or {}).get(name) for name in names]
    return items.with_columns(entity=pl.Series(shared, dtype=pl.String))


def liked(history: History) -> History:
    return replace(history, strength=np.abs(history.strength))


def assert_same_scores(before: NeuralModel, after: NeuralModel, people: History) -> None:
    """Every old column of every term, and what explains a list, is equal bit for bit."""
    for platform in PLATFORMS:
        old = before.vocabulary.platform_items(platform)
        assert after.vocabulary.platform_items(platform)[: len(old)].tolist() == old.tolist()
        was, now = (model.score(people, platform, NOW) for model in (before, after))
        assert torch.equal(now.total[:, : len(old)], was.total)
        terms, expected = now.terms(), was.terms()
        assert terms.keys() == expected.keys()
        for name in terms:
            assert torch.equal(terms[name][:, : len(old)], expected[name]), name
        columns = was.total.topk(5).indices
        chosen, wanted = now.terms_of(columns), was.terms_of(columns)
        for name in chosen:
            assert torch.equal(chosen[name], wanted[name]), name
        assert torch.isfinite(now.total).all()


@pytest.mark.parametrize("count", [COUNT, 37, 4_200])  # 4,200: more than one chunk of vectors
def test_no_old_score_changes(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(dislike_term, "_CELLS", 3 * count)  # likenesses in more than one part
    model = build_model(count)
    people = some_people([5, 0, 9, 1, 30, 3, 14], 1, count)
    extended = model
    for names in (NEW, ["a:x"], [f"{p}:y{i:03d}" for p in PLATFORMS for i in range(300)]):
        before, extended = extended, append_items(extended, new_items(names))
        for history in (people, liked(people)):
            assert_same_scores(before, extended, history)
            assert_same_scores(model, extended, history)
    assert len(extended.vocabulary.block_ends) == 4
    assert len(model.vocabulary) == 2 * count + 1


def test_what_is_appended_again_is_the_same_model(model: NeuralModel) -> None:
    extended = append_items(model, new_items(NEW))
    assert append_items(extended, new_items(NEW[::-1])) is extended
    assert append_items(model, new_items(["c:1"])) is model


def test_an_extended_model_is_read_back(model: NeuralModel, tmp_path: Path) -> None:
    extended = append_items(model, new_items(NEW, {"a:new1": "b:03"}))
    extended = append_items(extended, new_items(["b:z"]))
    extended.save(tmp_path)
    again = NeuralModel.load(tmp_path)
    people = some_people([5, 0, 9], 2)
    assert_same_scores(extended, again, people)
    assert_same_scores(model, again, people)
    assert again.vocabulary.block_ends == extended.vocabulary.block_ends
    # It is as good a start as the one in memory.
    further = [append_items(one, new_items(["a:zz"])) for one in (extended, again)]
    assert torch.equal(*(one.score(people, "a", NOW).total for one in further))


def test_a_new_item_reads_as_one_of_training_with_the_same_catalogue(model: NeuralModel) -> None:
    """All but its embedding, its events and its neighbours: the numbers are those of training."""
    names = model.vocabulary.items["item"]
    twins = some_items(names.to_list()).with_columns(
        pl.concat_str("item", pl.lit("~")).alias("item")
    )
    extended = append_items(model, twins)
    state = extended.net.state_dict()
    for name in FACTS[2:]:
        assert torch.equal(state[name][31:], state[name][1:31]), name
    assert state["price"].max() > 0
    assert state["items.tokens"].any()
    assert not state["counts"][31:].any()
    published = some_items(names.to_list())["published"].dt.epoch("us")
    assert state["first"][31:].tolist() == published.to_list()
    old, new = torch.arange(1, 31), torch.arange(31, 61)
    content = extended.net.items.content(torch.cat([old, new]))
    torch.testing.assert_close(content[:30], content[30:])
    inward = extended.net.items.inward(content[30:])
    torch.testing.assert_close(extended.net.items.input_vectors(new), inward)
    assert inward.std(0).max() > 0


def test_a_new_item_is_scored_by_its_content(model: NeuralModel) -> None:
    extended = append_items(model, new_items(NEW))
    scores = extended.score(some_people([5, 9], 3), "a", NOW)
    terms = {name: term[:, COUNT:] for name, term in scores.terms().items()}
    assert all(not terms[name].any() for name in ("interest", "profile", "item_item"))
    assert terms["content"].std(dim=1).min() > 0
    assert terms["dislike"].max() <= 0
    assert torch.isfinite(scores.total).all()
    # What is done with it says something as well.
    index = extended.vocabulary.index(pl.Series(["a:new1"]))[0]
    people = liked(some_people([4], 5))
    after = replace(people, item=np.r_[people.item[:-1], index].astype(np.int32))
    assert not torch.equal(
        extended.score(people, "b", NOW).total, extended.score(after, "b", NOW).total
    )


def test_listings_of_one_entity_share_its_embedding(model: NeuralModel) -> None:
    extended = append_items(model, new_items(NEW, {"a:new1": "b:03", "b:new1": "b:03"}))
    items = pl.Series(["b:03", "a:new1", "b:new1", "b:04"])
    index = torch.from_numpy(extended.vocabulary.index(items)).long()
    vectors = extended.net.item_vectors(index)
    for name in ("interest", "profile"):
        assert torch.equal(vectors[name][0], vectors[name][1])
        assert torch.equal(vectors[name][0], vectors[name][2])
        assert not torch.equal(vectors[name][0], vectors[name][3])
    assert_same_scores(model, extended, some_people([5, 0, 9], 2))


def test_a_shared_embedding_learns_from_all_its_listings(model: NeuralModel) -> None:
    entity = model.vocabulary.entity.copy()
    entity[20] = 3
    model.net.items.learn_entities(entity)
    index = torch.tensor([3, 20, 4])
    model.net.items.input_vectors(index).sum().backward()
    gradient = model.net.items.embedding.weight.grad
    assert torch.equal(gradient[3], 2 * gradient[4])
    assert not gradient[20].any()


def test_a_model_that_kept_no_codes_says_what_to_do(model: NeuralModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    (tmp_path / "attributes.parquet").unlink()
    (tmp_path / "prices.parquet").unlink()
    old = NeuralModel.load(tmp_path)
    people = some_people([5, 0, 9], 2)
    assert torch.equal(old.score(people, "a").total, model.score(people, "a").total)
    with pytest.raises(CannotAppend, match="Train again with `plait train`"):
        append_items(old, new_items(NEW))
