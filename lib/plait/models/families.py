"""The model families by name, and loading a model of any family."""

from __future__ import annotations

from pathlib import Path

from plait.errors import ConfigError, nearest
from plait.models.family import ModelFamily, TrainedModel
from plait.models.item_item.item_item_model import ItemItemModel
from plait.models.model_files import family_of
from plait.models.neural.neural_model import NeuralModel
from plait.models.popularity.popularity_model import PopularityModel

FAMILIES: dict[str, ModelFamily] = {
    "neural": NeuralModel,
    "item_item": ItemItemModel,
    "popularity": PopularityModel,
}


def find_family(name: str) -> ModelFamily:
    """Returns the family called `name`.

    Raises:
        ConfigError: there is none.
    """
    if name not in FAMILIES:
        raise ConfigError(
            f"train.family is '{name}', which is no model family.",
            allowed=nearest(name, FAMILIES),
            fix=f"Choose one of {', '.join(FAMILIES)}.",
        )
    return FAMILIES[name]


def load_model(folder: Path) -> TrainedModel:
    """Returns the model that was saved into `folder`, of the family that config.json names.

    Raises:
        DamagedVersion: a file is missing or damaged.
    """
    return FAMILIES[family_of(folder, tuple(FAMILIES))].load(folder)
