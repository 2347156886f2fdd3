"""Hyper-parameters: what the project file gives, else what fits the size of the data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from plait.config.project_sections import Training

LARGE_LOG_TARGETS = 50_000  # targets
TARGET_BUDGET = 3_000_000  # targets times epochs: about ten minutes on two cores


@dataclass(frozen=True)
class HyperParameters:
    """Everything the loop needs to know beside the data.

    Attributes:
        epochs: at most.
        patience: validations without a better one before stopping.
        dimensions: width of states and item embeddings.
        batch_size: people in a step, over all workers.
        negatives: sampled per step and platform; a platform with no more items than
            `full_softmax` is ranked whole instead.
        full_softmax: items up to which the softmax is full.
        learning_rate, weight_decay, dropout: of AdamW and the network.
        item_dropout: the most of a person's items that is hidden in a step.
        warmup: steps until the learning rate is whole; after that a cosine to `floor` of it.
        floor: what is left of the learning rate at the end.
        clip: largest norm of the gradient.
        average: decay of the EMA of the weights, per step.
        calendar: whether the calendar quarter is an input.
        bins: bins of the timeline.
        seed: of everything random.
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
    """Returns the hyper-parameters for `people` with `targets` targets in all.

    Measured on the demo's world (2,600 people, 31,000 targets: half the epochs at twice the
    rate lose nothing, and less dropout wins) and on Beauty and Electronics (4,500 people,
    100,000 targets, long tails of items: dropout .5, and validation rises for 30 epochs).
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
