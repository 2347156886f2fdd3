"""Chooses the weight of the item-item term on each platform by validation."""

from __future__ import annotations

import numpy as np

from plait.features.holdout import HeldOutTargets
from plait.models.family import Provenance
from plait.models.item_item.item_item_term import ItemItemTerm
from plait.models.neural.net import NeuralNet
from plait.models.neural.neural_model import NeuralModel
from plait.training.data.training_data import TrainingData
from plait.training.loop.validate_model import mean_platform_mrr, validate_model

CANDIDATE_WEIGHTS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.5)


def choose_item_item_weights(
    net: NeuralNet, data: TrainingData, targets: HeldOutTargets
) -> tuple[ItemItemTerm, dict[str, float]]:
    """Returns the item-item term with the best weight per platform, and the metrics with it."""
    base = ItemItemTerm.build(data.history, len(data.vocabulary), {})
    found: dict[float, dict[str, float]] = {}
    platforms = data.vocabulary.platforms
    for weight in CANDIDATE_WEIGHTS:
        term = ItemItemTerm(base.neighbours, dict.fromkeys(platforms, weight))
        found[weight] = validate_model(
            NeuralModel(net, data.vocabulary, term, Provenance()), targets
        )
    metrics: dict[str, float] = {}
    weights: dict[str, float] = {}
    for platform in platforms:
        rows = [found[weight].get(f"{platform}.mrr", 0.0) for weight in CANDIDATE_WEIGHTS]
        weights[platform] = CANDIDATE_WEIGHTS[int(np.argmax(rows))] if any(rows) else 0.0
        chosen = found[weights[platform]]
        metrics |= {k: v for k, v in chosen.items() if k.startswith(f"{platform}.")}
    metrics["mrr"] = mean_platform_mrr(metrics)
    return ItemItemTerm(base.neighbours, weights), metrics
