"""A model that items were appended to is served, listed and evaluated like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from plait.evaluation.scorers import ModelScorer
from plait.evaluation.vocabulary_bridge import VocabularyBridge
from plait.features.history import encode_history
from plait.features.vocabulary import Vocabulary
from plait.models.neural.append_items import append_items
from plait.recommend.recommender import Recommender
from plait.store import Registry, Store

NOW = 1_750_000_000_000_000
NEW = ["shop:a_new_one", "shop:zz", "video:i0_new"]


@pytest.fixture
def ours(small) -> Recommender:
    return Recommender.load(small.project, version="v1")


@pytest.fixture
def extended(small, ours: Recommender, tmp_path: Path) -> Recommender:
    """The version with new items, from a registry."""
    items = small.store.read("items")
    new = items.head(len(NEW)).with_columns(
        item=pl.Series(NEW), platform=pl.Series([name.split(":")[0] for name in NEW])
    )
    model = append_items(ours.model, pl.concat([items, new]))
    assert model.vocabulary.items["item"].to_list()[-3:] == NEW
    model.save(tmp_path / "files")
    store = Store(tmp_path / "store")
    Registry(store).publish("default", tmp_path / "files")
    return Recommender.load(store)


def test_lists_are_the_same_but_for_the_new_items(
    small, ours: Recommender, extended: Recommender
) -> None:
    sequences = small.store.read("sequences").sort("person")
    for platform in ours.platforms:
        before = ours.recommend(sequences, platform, 100, now=NOW)
        after = extended.recommend(sequences, platform, 100, now=NOW)
        added = {name for name in NEW if name.startswith(platform)}
        for was, now in zip(before, after, strict=True):
            kept = [i for i in now.items if i.item not in added]
            assert [(i.item, i.score) for i in kept] == [(i.item, i.score) for i in was.items]
            assert added == {i.item for i in now.items} - {i.item for i in was.items}
        stranger = sequences.head(1).with_columns(
            pl.col(name).list.head(0) for name in ("item", "platform", "type", "time", "strength")
        )
        popular = [one.recommend(stranger, platform, 100, now=NOW)[0] for one in (ours, extended)]
        assert popular[1].items[: len(popular[0].items)] == popular[0].items
        assert popular[1].fallback == "unknown_person"
    ranked = extended.rank(sequences, "shop", [[*NEW, "shop:i0"]] * len(sequences), now=NOW)
    assert all(np.isfinite([i.score for i in one.items[:3]]).all() for one in ranked)
    assert all(one.items[3].item == "video:i0_new" for one in ranked)


def test_an_evaluation_reads_old_and_new_columns(
    small, ours: Recommender, extended: Recommender
) -> None:
    sequences = small.store.read("sequences").sort("person")
    every = pl.concat([extended.model.vocabulary.items, extended.model.vocabulary.items])
    asked = Vocabulary.build(("video", "shop"), every)  # in an order of its own
    history = encode_history(sequences, asked)
    now = np.full(len(history), NOW)
    for platform in ours.platforms:
        theirs = extended.model.vocabulary
        bridge = VocabularyBridge(ModelScorer("new", extended.model), asked, platform)
        scores = bridge.scores(history, now)
        own = extended.model.score(encode_history(sequences, theirs), platform, now).total.numpy()
        names = asked.item_ids(asked.platform_items(platform))
        column = np.searchsorted(theirs.platform_items(platform), theirs.index(names))
        np.testing.assert_array_equal(scores, own[:, column])
        before = VocabularyBridge(ModelScorer("old", ours.model), asked, platform)
        known = ours.model.vocabulary.index(names) > 0
        was = before.scores(history, now)
        np.testing.assert_array_equal(was[:, known], scores[:, known])
        assert (was[:, ~known] == -np.inf).all()
        assert np.isfinite(scores).all()
