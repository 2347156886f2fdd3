"""A dislike pushes its item and what is like it down, whatever the weights are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from plait.contracts.event_types import EVENT_TYPE_CODES
from plait.features.history import History
from plait.models.item_item.item_item_term import ItemItemTerm
from plait.models.neural import dislike_term
from plait.models.neural.dislike_term import DISLIKED_ITEM_PENALTY, ItemLikeness
from plait.models.neural.neural_model import NeuralModel
from tests.unit.models.conftest import COUNT, some_people

PLATFORMS = ("a", "b")


def done(history: History, item: np.ndarray, kind: str, strength: float) -> History:
    """Returns `history` after each person did `kind` to their `item` [B]."""
    ends = history.offsets[1:]
    last = np.where(history.lengths > 0, history.time[np.maximum(ends - 1, 0)], 1_600_000_000_000)
    values = {
        "item": item,
        "platform": item > COUNT,
        "type": np.full(len(item), EVENT_TYPE_CODES[kind]),
        "time": last + 1_000_000,
        "strength": np.full(len(item), strength),
    }
    return History(
        history.offsets + np.arange(len(history) + 1),
        *(
            np.insert(old := getattr(history, name), ends, new.astype(old.dtype))
            for name, new in values.items()
        ),
    )


def shaken(model: NeuralModel, seed: int) -> NeuralModel:
    """Returns the model with other weights: nothing here may rest on what was learned."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for p in model.net.parameters():
            p.add_(torch.randn_like(p) * 0.5)
    return NeuralModel(model.net, model.vocabulary, model.item_item, model.provenance)


@pytest.mark.parametrize("kind", [("dislike", -1.0), ("unfollow", -0.5), ("rate", -0.01)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_score_rises_and_none_falls_as_far_as_the_items_own(
    model: NeuralModel, kind: tuple[str, float], seed: int
) -> None:
    model = shaken(model, seed)
    people = some_people([5, 0, 9, 1, 20, 3], seed)
    item = np.random.default_rng(seed).integers(1, 2 * COUNT + 1, len(people))
    item[0] = people.item[0]  # someone who liked or disliked it before
    after = done(people, item, *kind)
    now = int(after.time.max())
    for code, platform in enumerate(PLATFORMS):
        before = model.score(people, platform, now)
        scores = model.score(after, platform, now)
        change = scores.total - before.total
        assert change.max() <= 1e-4
        assert change.min() < 0
        own = np.flatnonzero((item > COUNT) == code)
        column = torch.from_numpy(item[own] - 1 - COUNT * code)
        fall = change[own].gather(1, column[:, None])
        known = [_disliked(people, row, item[row]) for row in own]
        assert (fall[~np.array(known)] <= -DISLIKED_ITEM_PENALTY).all()
        assert torch.equal(fall[:, 0], change[own].min(1).values) or any(known)
        terms, were = scores.terms(), before.terms()
        torch.testing.assert_close(sum(terms.values()), scores.total, atol=1e-4, rtol=1e-4)
        assert scores.total.shape == terms["dislike"].shape
        for name in terms:
            if name != "dislike":
                torch.testing.assert_close(terms[name], were[name])


def _disliked(people: History, row: int, item: int) -> bool:
    one = people[row : row + 1]
    return bool(((one.item == item) & (one.strength < 0)).any())


def test_what_is_like_the_item_falls_more_than_what_is_not(model: NeuralModel) -> None:
    likeness = ItemLikeness(model.net, model.item_item.neighbours, model.vocabulary.block_ends)
    every = np.arange(1, 2 * COUNT + 1)
    alike = likeness.of(every, every)
    assert alike.min() >= 0
    assert alike.max() <= 1
    assert torch.equal(alike.diagonal(), torch.ones(2 * COUNT))
    liking = some_people([4], 3)
    liking = replace(liking, strength=np.abs(liking.strength))
    people = done(liking, np.array([7]), "dislike", -1.0)
    lost = model.score(people, "a").terms()["dislike"][0].numpy()
    order = np.argsort(alike[6, :COUNT].numpy(), kind="stable")
    assert (np.diff(lost[order]) <= 1e-6).all()
    assert lost.std() > 0


def test_items_chosen_by_the_same_people_are_alike(model: NeuralModel) -> None:
    alone = ItemLikeness(
        model.net, ItemItemTerm.empty(2 * COUNT + 1).neighbours, model.vocabulary.block_ends
    )
    both = ItemLikeness(model.net, model.item_item.neighbours, model.vocabulary.block_ends)
    every = np.arange(1, 2 * COUNT + 1)
    cosine = model.item_item.neighbours.toarray()[1:, 1:]
    np.testing.assert_allclose(
        both.of(every, every).numpy(),
        np.maximum(alone.of(every, every).numpy(), cosine.astype(np.float32)),
        atol=1e-6,
    )
    assert (both.of(every, every) > alone.of(every, every)).any()


def test_a_like_afterwards_lifts_it_and_seeing_it_again_does_not(model: NeuralModel) -> None:
    people = some_people([6], 4)
    people = replace(people, strength=np.abs(people.strength))
    disliked = done(people, np.array([3]), "dislike", -1.0)
    seen = done(disliked, np.array([3]), "view", 0.3)
    bought = done(disliked, np.array([3]), "purchase", 1.0)
    assert model.score(seen, "a").terms()["dislike"].min() < -DISLIKED_ITEM_PENALTY
    assert not model.score(bought, "a").terms()["dislike"].any()
    straight = done(people, np.array([3]), "purchase", 1.0)
    straight.time[-1] += 1_000_000
    now = int(bought.time.max())
    torch.testing.assert_close(
        model.score(bought, "a", now).total, model.score(straight, "a", now).total
    )


def test_dislikes_of_one_person_are_nobody_elses(model: NeuralModel) -> None:
    people = some_people([6, 3, 4], 5)
    people = replace(people, strength=np.abs(people.strength))
    one = done(people, np.array([3, 4, 5]), "dislike", -1.0)
    whole = model.score(one, "b", 1_650_000_000_000_000)
    for row in range(3):
        alone = model.score(one[row : row + 1], "b", 1_650_000_000_000_000)
        torch.testing.assert_close(alone.total[0], whole.total[row])


def test_memory_is_bounded_however_much_was_disliked(
    model: NeuralModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = some_people([6] * 12, 0)
    many = replace(people, strength=-np.ones_like(people.strength))
    whole = model.score(many, "a").dislike
    sizes: list[int] = []
    of = ItemLikeness.of

    def watched(self: ItemLikeness, item: np.ndarray, others: np.ndarray) -> torch.Tensor:
        sizes.append(len(item) * len(others))
        return of(self, item, others)

    monkeypatch.setattr(ItemLikeness, "of", watched)
    monkeypatch.setattr(dislike_term, "_CELLS", 3 * COUNT)
    parts = model.score(many, "a").dislike
    assert len(sizes) > 1
    assert max(sizes) <= 3 * COUNT
    torch.testing.assert_close(parts, whole)
