"""Detects a run that diverged, and names the step, the fault and the setting to lower."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn import functional as F

from plait.errors import Diverged
from plait.features.holdout import leave_one_out
from plait.models.family import Provenance
from plait.models.item_item.item_item_term import ItemItemTerm
from plait.models.neural.net import NeuralNet
from plait.models.neural.neural_model import NeuralModel
from plait.training.data.training_data import TrainingData
from plait.training.loop.hyper_parameters import HyperParameters

MAX_LOSS_FACTOR = 10.0  # times the loss of guessing: no run recovers from a loss above it
# Safe on every log measured, see `choose_hyper_parameters`.
SAFE_LEARNING_RATE, SAFE_WEIGHT_DECAY = 4e-3, 0.5
SAMPLED_PEOPLE = 256  # people whose targets `check_trained_net` scores


def guessing_loss(data: TrainingData, hyper: HyperParameters) -> float:
    """Returns the loss of a step in which all candidates are equally likely, at least 1 nat.

    It is the sum over platforms of the logarithm of the number of candidates; see `step_loss`.
    """
    vocabulary = data.vocabulary
    total = 0.0
    for platform in vocabulary.platforms:
        items = len(vocabulary.platform_items(platform))
        sampled = items > hyper.full_softmax
        total += math.log(max(1, 1 + min(hyper.negatives, items) if sampled else items))
    return max(1.0, total)


def diverged_error(what: str, hyper: HyperParameters, step: int, steps: int) -> Diverged:
    """Returns the error of a run that diverged.

    Args:
        what: the fault, such as "the loss is nan".
        hyper: the run's hyper-parameters.
        step: the step in or after which the fault was detected, counted from 1.
        steps: steps per epoch.
    """
    epoch, place = divmod(max(step, 1) - 1, max(steps, 1))
    return Diverged(
        f"{what} at step {step:,} (step {place + 1:,} of {steps:,} of epoch {epoch + 1}), with "
        f"learning_rate {hyper.learning_rate:g} and weight_decay {hyper.weight_decay:g}. "
        "Nothing was published.",
        fix=f"Set {_settings_to_lower(hyper)} in the project file, "
        "and run `plait train` without --resume.",
    )


def _settings_to_lower(hyper: HyperParameters) -> str:
    """Returns the settings to lower, as they are written in the project file."""
    rate, decay = hyper.learning_rate, hyper.weight_decay
    # AdamW multiplies weights by 1 - rate * decay at each step. They grow if rate * decay > 2.
    decays = decay > SAFE_WEIGHT_DECAY and min(rate, SAFE_LEARNING_RATE) * decay > 1
    lower = []
    if rate > SAFE_LEARNING_RATE or not decays:
        lower.append(f"train.learning_rate: {min(SAFE_LEARNING_RATE, rate / 10):g}")
    if decays:
        lower.append(f"train.weight_decay: {SAFE_WEIGHT_DECAY:g}")
    return " and ".join(lower)


def check_trained_net(net: NeuralNet, data: TrainingData) -> str:
    """Returns the fault of a trained network that is far worse than guessing, or "".

    The last step's loss is that of the weights before that step. So this scores the weights
    that will be published, on the last events of SAMPLED_PEOPLE people.
    """
    _, _, last = leave_one_out(data.history)
    last = last.take(np.random.default_rng(0).permutation(len(last))[:SAMPLED_PEOPLE])
    model = NeuralModel(
        net, data.vocabulary, ItemItemTerm.empty(len(data.vocabulary)), Provenance()
    )
    for code, platform in enumerate(model.platforms):
        items = model.vocabulary.platform_items(platform)
        own = last.take(np.flatnonzero(last.platform == code))
        if not len(own):
            continue
        scores = model.score(own.history, platform, own.time).total.cpu().double()
        target = torch.from_numpy(np.searchsorted(items, own.item))
        loss = float(F.cross_entropy(scores, target))
        guess = max(1.0, math.log(len(items)))
        if not loss <= MAX_LOSS_FACTOR * guess:
            return f"the loss on '{platform}' is {loss:.4g}, guessing has {guess:.4g},"
    return ""
