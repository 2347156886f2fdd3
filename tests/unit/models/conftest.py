"""A small untrained model over two platforms, with everything a catalogue can say."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
import torch

from plait.contracts.store_tables import ITEMS
from plait.features.history import History
from plait.features.item_attributes import read_item_attributes
from plait.features.time_features import Timeline
from plait.features.vocabulary import Vocabulary
from plait.models.family import Provenance
from plait.models.item_item.item_item_term import ItemItemTerm
from plait.models.neural.net import NeuralNet
from plait.models.neural.net_settings import net_settings_for
from plait.models.neural.neural_model import NeuralModel

COUNT = 15


def some_people(lengths: list[int], seed: int = 0, items: int = COUNT) -> History:
    """Returns people with events on `items` items a platform, numbered platform by platform."""
    random = np.random.default_rng(seed)
    count = sum(lengths)
    item = random.integers(1, 2 * items + 1, count)
    return History(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        item.astype(np.int32),
        (item > items).astype(np.int16),
        random.integers(0, 4, count).astype(np.int16),
        np.sort(random.integers(1_600_000_000, 1_700_000_000, count)) * 1_000_000,
        random.choice([-1.0, 0.3, 1.0], count).astype(np.float32),
    )


def some_items(names: list[str]) -> pl.DataFrame:
    """Returns ITEMS rows with everything that a catalogue can say."""
    return ITEMS.conform(
        pl.DataFrame(
            {
                "item": names,
                "platform": [name[0] for name in names],
                "title": [f"Thing {i % 4}" for i in range(len(names))],
                "categories": [[f"c{i % 3}"] for i in range(len(names))],
                "brand": [None if i % 2 else "acme" for i in range(len(names))],
                "price": [float(i) if i else None for i in range(len(names))],
                "currency": ["EUR"] * len(names),
                "vector": [[float(i), 1.0] if i % 2 else None for i in range(len(names))],
                "published": [datetime(2020, 1, 1 + i % 28, tzinfo=UTC) for i in range(len(names))],
            }
        )
    )


@pytest.fixture
def model() -> NeuralModel:
    return build_model(COUNT)


def build_model(count: int) -> NeuralModel:
    torch.manual_seed(0)
    items = some_items([f"{p}:{i:02d}" for p in ("a", "b") for i in range(count)])
    vocabulary = Vocabulary.build(("a", "b"), items)
    catalogue = read_item_attributes(items, vocabulary)
    history = some_people([9] * 30, items=count)
    timeline = Timeline.build(history, len(vocabulary), catalogue.published, 6)
    settings = net_settings_for(
        vocabulary, history, catalogue, timeline, dimensions=16, dropout=0.5, calendar=True
    )
    net = NeuralNet(settings)
    net.set_item_features(timeline, catalogue)
    with torch.no_grad():  # untrained gates are all 1 and would hide a mistake
        for gate in net.gates:
            torch.nn.init.normal_(gate.weight, std=0.5)
    term = ItemItemTerm.build(history, len(vocabulary), {"a": 0.5, "b": 1.0})
    provenance = Provenance(split="loo", store_version=3)
    return NeuralModel(net, vocabulary, term, provenance, codes=catalogue.codes)
