"""A trained model: listings of one entity learned one embedding, and new items change no score."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from plait.config.project_sections import Training
from plait.features.folds import LeaveOneOut
from plait.features.vocabulary import Vocabulary
from plait.models.item_item.item_item_term import ItemItemTerm
from plait.models.neural.append_items import append_items
from plait.models.neural.neural_model import NeuralModel, Provenance
from plait.training.data.training_data import TrainingData, prepare_training_data
from plait.training.loop.hyper_parameters import choose_hyper_parameters
from plait.training.loop.training_loop import build_net, fit
from tests.unit.training.tiny import PLATFORMS, tiny_items, tiny_sequences

HYPER = choose_hyper_parameters(
    Training(epochs=2, dimensions=16, batch_size=32, dropout=0, item_dropout=0), 200, 2000
)
SHARED = 5, 2  # a listing, and the one whose embedding it uses


@pytest.fixture(scope="module")
def data() -> TrainingData:
    sequences = tiny_sequences()
    data = prepare_training_data(sequences, tiny_items(sequences), PLATFORMS, LeaveOneOut(), bins=6)
    entity = data.vocabulary.entity.copy()
    entity[SHARED[0]] = SHARED[1]
    return replace(data, vocabulary=Vocabulary(PLATFORMS, data.vocabulary.items, entity))


@pytest.fixture(scope="module")
def model(data: TrainingData) -> NeuralModel:
    net = fit(data, HYPER).net
    weights = dict.fromkeys(PLATFORMS, 0.5)
    term = ItemItemTerm.build(data.history, len(data.vocabulary), weights)
    codes = data.item_attributes.codes
    return NeuralModel(net, data.vocabulary, term, Provenance(), codes=codes)


def test_listings_of_one_entity_learn_one_embedding(data: TrainingData, model: NeuralModel) -> None:
    start = build_net(data, HYPER).items.embedding.weight
    moved = (model.net.items.embedding.weight - start).abs().amax(1)
    assert moved[SHARED[1]] > 0.01
    # Nothing was ever learned for the row that nobody uses.
    assert moved[SHARED[0]] < moved[1:][torch.arange(1, len(moved)) != SHARED[0]].min() / 2
    vectors = model.net.item_vectors(torch.tensor(SHARED))
    assert torch.equal(vectors["interest"][0], vectors["interest"][1])


def test_appended_items_change_no_score(
    data: TrainingData, model: NeuralModel, tmp_path: Path
) -> None:
    items = tiny_items(tiny_sequences()).head(2)
    new = items.with_columns(
        item=pl.Series([f"{p}:new" for p in PLATFORMS]), platform=pl.Series(PLATFORMS)
    )
    extended = append_items(model, new)
    extended.save(tmp_path)
    people = data.history.take(np.arange(50))
    disliked = replace(
        people, strength=np.where(people.positions == 2, -1.0, 1.0).astype(np.float32)
    )
    for one in (extended, NeuralModel.load(tmp_path)):
        for history in (people, disliked):
            for platform in PLATFORMS:
                before, after = (m.score(history, platform) for m in (model, one))
                count = before.total.shape[1]
                assert after.total.shape[1] == count + 1
                assert torch.equal(after.total[:, :count], before.total)
                assert torch.isfinite(after.total).all()
                terms = after.terms()
                for name, term in before.terms().items():
                    assert torch.equal(terms[name][:, :count], term), name
