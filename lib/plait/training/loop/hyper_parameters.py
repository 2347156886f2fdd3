"""Hyper-parameters: from the project file, or else chosen by the size of the data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from plait.config.project_sections import Training

LARGE_LOG_TARGETS = 50_000  # targets
TARGET_BUDGET = 3_000_000  # targets times epochs, about ten minutes on two cores


@dataclass(frozen=True)
class HyperParameters:
    """The settings of the training loop.

    Attributes:
        epochs: the maximum number of epochs.
        patience: the run stops after this many validations without an improvement.
        dimensions: width of states and item embeddings.
        batch_size: people per step, over all workers.
        negatives: negatives sampled per step and platform.
        full_softmax: a platform with at most this many items has a full softmax instead of
            sampled negatives.
        learning_rate, weight_decay: settings of AdamW.
        dropout: dropout rate of the network, 0 to 1.
        item_dropout: the largest share of a person's items that is hidden in a step, 0 to 1.
        warmup: steps until the learning rate is full. After them it follows a cosine to
            `floor`.
        floor: the share of the learning rate that is left at the end, 0 to 1.
        clip: the largest norm of the gradient.
        average: decay per step of the EMA of the weights.
        calendar: whether the calendar quarter is an input.
        bins: the number of bins of the timeline.
        seed: seed of all RNG streams.
    """

    epochs: int
    patience: int
    dimensions: int
    batch_size: int
    negatives: int
    learning_rate: float
    weight_decay: float
    dropout: float
    calendar: bool
    seed: int
    item_dropout: float = 0.6
    full_softmax: int = 1024
    warmup: int = 35
    floor: float = 0.05
    clip: float = 5.0
    average: float = 0.98
    bins: int = 32

    def as_json(self) -> dict[str, Any]:
        """Returns the hyper-parameters as JSON values."""
        return asdict(self)


def choose_hyper_parameters(given: Training, people: int, targets: int) -> HyperParameters:
    """Returns the hyper-parameters for `people` people with `targets` targets in all.

    A value in `given` wins over the default. The defaults were measured on two logs. On the
    demo's world (2,600 people, 31,000 targets), half the epochs at twice the learning rate
    lose nothing, and less dropout is better. On Beauty and Electronics (4,500 people, 100,000
    targets, long tails of items), dropout 0.5 is best, and validation rises for 30 epochs.
    """
    large = targets > LARGE_LOG_TARGETS
    return HyperParameters(
        epochs=given.epochs or (_epochs_for(targets) if large else 12),
        patience=given.patience or 5,
        dimensions=given.dimensions or (128 if large else 64),
        batch_size=given.batch_size or (128 if people > 1_000 else 32),
        negatives=given.negatives or 1024,
        learning_rate=given.learning_rate or (2e-3 if large else 4e-3),
        weight_decay=0.5 if given.weight_decay is None else given.weight_decay,
        dropout=(0.5 if large else 0.3) if given.dropout is None else given.dropout,
        calendar=given.calendar,
        seed=given.seed,
        item_dropout=0.6 if given.item_dropout is None else given.item_dropout,
    )


def _epochs_for(targets: int) -> int:
    """Returns the epochs for a large log, 3 to 30: more data needs fewer."""
    return max(3, min(30, round(TARGET_BUDGET / targets)))
