"""The targets of a batch, and the candidates that each target is ranked against."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch

from plait.training.data.sampler import sample_shared_negatives
from plait.training.data.training_data import TrainingData
from plait.training.distributed.rng_streams import NEGATIVES, step_rng_stream
from plait.training.loop.hyper_parameters import HyperParameters


@dataclass(frozen=True, eq=False)
class TargetPositions:
    """The events of a batch's people that are predicted, with their weights.

    Attributes:
        event: index of each target in the batch's history, int64 [n].
        item: item index of each target, int64 [n].
        platform: platform code of each target, int64 [n].
        weight: weight of each target in the loss, float32 [n].
    """

    event: np.ndarray
    item: np.ndarray
    platform: np.ndarray
    weight: np.ndarray


def target_positions(data: TrainingData, rows: np.ndarray) -> TargetPositions:
    """Returns the targets of the people `rows`, indexed as in `data.history.take(rows)`."""
    lengths = data.history.lengths[rows]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    source = np.repeat(data.history.offsets[rows], lengths) + place
    weight = data.weight[source]
    event = np.flatnonzero(weight > 0)
    chosen = source[event]
    return TargetPositions(
        event,
        data.history.item[chosen].astype(np.int64),
        data.history.platform[chosen],
        weight[event],
    )


@dataclass(frozen=True, eq=False)
class PlatformTargets:
    """Targets and candidates of one platform, as tensors.

    Attributes:
        platform: the platform's code.
        event: the event just before each of n targets, counted from 1, int64 [n].
        item: item index of each target, int64 [n].
        candidates: item indices, int64 [m]: all items of the platform, or the distinct
            targets followed by the negatives.
        target_row: row of each target in `candidates`, int64 [n].
        negative_count: the number of negatives at the end of `candidates`; 0: a full softmax.
        weight: weight of each target's loss in the step's loss, float32 [n].
    """

    platform: int
    event: torch.Tensor
    item: torch.Tensor
    candidates: torch.Tensor
    target_row: torch.Tensor
    negative_count: int
    weight: torch.Tensor

    def to(self, device: torch.device) -> PlatformTargets:
        """Returns a copy on `device`."""
        moved: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, value in moved.items():
            if torch.is_tensor(value):
                moved[name] = value.to(device, non_blocking=True)
        return PlatformTargets(**moved)


def platform_targets(
    data: TrainingData,
    hyper: HyperParameters,
    step: int,
    batch_targets: TargetPositions,
    own_targets: TargetPositions,
) -> list[PlatformTargets]:
    """Returns the targets of each platform for which this worker has at least one.

    The loss is the weighted mean over each platform's targets, summed over platforms. The
    means are over the whole batch. So the workers' losses and gradients add up to those of a
    single worker with the whole batch. Every worker draws the same negatives.

    Args:
        data: the run's data.
        hyper: hyper-parameters.
        step: the step's number, which keys the RNG stream.
        batch_targets: the targets of the batch, over all workers.
        own_targets: this worker's targets.
    """
    random = step_rng_stream(hyper.seed, step, NEGATIVES)
    found = []
    for code, name in enumerate(data.vocabulary.platforms):
        items = data.vocabulary.platform_items(name).astype(np.int64)
        at = np.flatnonzero(own_targets.platform == code)
        if len(items) <= hyper.full_softmax:
            negative_count, candidates = 0, items
            target_row = np.searchsorted(items, own_targets.item[at])
        else:
            negatives = sample_shared_negatives(items, hyper.negatives, random)
            different, target_row = np.unique(own_targets.item[at], return_inverse=True)
            negative_count, candidates = len(negatives), np.concatenate([different, negatives])
        if not len(at):
            continue  # only after the draw: every worker must draw the same for the next platform
        total = float(batch_targets.weight[batch_targets.platform == code].sum())
        arrays = (own_targets.event[at], own_targets.item[at], candidates, target_row)
        event, item, candidate, row = (torch.from_numpy(array) for array in arrays)
        weight = torch.from_numpy(own_targets.weight[at] / np.float32(total))
        # Event e is predicted from event e - 1, which is number e when counted from 1.
        found.append(PlatformTargets(code, event, item, candidate, row, negative_count, weight))
    return found
