"""Hyper-parameters: what the project file gives, else what fits the size of the data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from plait.config.training import Training


@dataclass(frozen=True)
class Hyper:
    """Everything the loop needs to know beside the data.

    Attributes:
        epochs: passes over the data at most.
        patience: validations without a better one before stopping.
        dimensions: width of states and item embeddings.
        batch_size: people a step, over all workers.
        negatives: sampled a step and platform; a platform with no more items than
            `full_softmax` is ranked whole instead.
        full_softmax: items up to which the softmax is full.
        learning_rate, weight_decay, dropout: of AdamW and the network.
        item_dropout: the most of a person's items that is hidden in a step.
        warmup: steps until the learning rate is whole; after that a cosine to `floor` of it.
        floor: what is left of the learning rate at the end.
        clip: largest norm of the gradient.
        average: decay of the averaged weights, a step.
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
    full_softmax: int = 1024
    item_dropout: float = 0.6
    warmup: int = 35
    floor: float = 0.05
    clip: float = 5.0
    average: float = 0.98
    bins: int = 32

    def as_json(self) -> dict[str, Any]:
        """Returns the hyper-parameters as JSON values."""
        return asdict(self)


def choose(given: Training, people: int, events: int) -> Hyper:
    """Returns the hyper-parameters for `people` with `events` trained events in all."""
    large = events > 50_000
    batch = given.batch_size or (128 if people > 2_000 else 64)
    steps = max(1, people // batch)
    # Enough steps to converge; a large log needs fewer passes to make as many.
    epochs = given.epochs or max(3, min(30, round(1_100 / steps) if large else 20))
    return Hyper(
        epochs=epochs,
        patience=given.patience or 5,
        dimensions=given.dimensions or (128 if large else 64),
        batch_size=batch,
        negatives=given.negatives or 1024,
        learning_rate=given.learning_rate or 2e-3,
        weight_decay=0.5 if given.weight_decay is None else given.weight_decay,
        dropout=0.5 if given.dropout is None else given.dropout,
        calendar=given.calendar,
        seed=given.seed,
    )
