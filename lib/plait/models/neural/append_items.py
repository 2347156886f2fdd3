"""Appends new items to a trained model by their catalogue attributes, without training."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import torch

from plait.errors import CannotAppend
from plait.features.attribute_codes import AttributeCodes
from plait.features.item_attributes import ItemAttributes, read_appended_items
from plait.models.neural.net import NeuralNet
from plait.models.neural.neural_model import NeuralModel


def append_items(model: NeuralModel, items: pl.DataFrame) -> NeuralModel:
    """Returns the model with the ITEMS rows that it lacks, appended to its vocabulary as a block.

    For people without events on the new items, the scores of other items stay equal bit for
    bit. A new item is scored by its content, price and age. It has no events and no neighbours.
    It uses the embedding of its entity, if the entity has one.

    Args:
        model: the trained model; it is not changed.
        items: ITEMS rows, optionally with a column entity, see `Vocabulary.append`.

    Raises:
        CannotAppend: the model was saved without its attribute codes.
        ValueError: see `Vocabulary.append`.
    """
    vocabulary = model.vocabulary.append(items)
    appended = vocabulary.items.slice(len(model.vocabulary) - 1)
    if not appended.height:
        return model
    settings, codes = model.net.settings, model.codes
    if codes is None and (settings.tokens or settings.price):
        raise CannotAppend(
            f"the model reads {settings.tokens:,} attributes of items"
            + (" and their prices" if settings.price else "")
            + ", but it was trained before plait saved their codes with the model.",
            fix="Train again with `plait train`.",
        )
    codes = codes or AttributeCodes.learn(appended.clear())
    read = read_appended_items(items, appended, codes, settings.token_width, settings.vector)
    net = _with_rows(model.net, read, len(vocabulary))
    term = model.item_item.widen(len(vocabulary))
    return NeuralModel(net, vocabulary, term, model.provenance, model.metrics, model.codes)


def _with_rows(net: NeuralNet, read: ItemAttributes, items: int) -> NeuralNet:
    """Returns a copy of `net` with `items` rows, the last of which are those of `read`."""
    facts = {
        "first": read.published,
        "price": read.price,
        "items.tokens": read.tokens,
        "items.vectors": read.vectors,
    }
    state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    for name, rows in facts.items():
        if rows is not None and name in state and len(state[name]):
            state[name] = torch.cat([state[name], torch.from_numpy(rows[1:]).to(state[name])])
    count = items - net.settings.items
    state["counts"] = torch.cat(
        [state["counts"], state["counts"].new_zeros(count, net.settings.bins)]
    )
    settings = replace(net.settings, items=items, embeddings=net.settings.embedding_rows)
    with torch.device("meta"):  # the weights come from `state`, so none are initialised
        copy = NeuralNet(settings)
    copy.load_state_dict(state, assign=True)
    return copy
