"""One worker's part of one step, as tensors that the network reads; no gradients here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from plait.contracts.event_types import EVENT_TYPE_CODE_COUNT
from plait.features.history_batch import HistoryBatch, make_history_batch
from plait.training.data.targets import PlatformTargets, platform_targets, target_positions
from plait.training.data.training_data import TrainingData
from plait.training.distributed.rng_streams import ITEM_DROPOUT, step_rng_stream
from plait.training.loop.hyper_parameters import HyperParameters


@dataclass(frozen=True, eq=False)
class MicroBatch:
    """A worker's part of one step: its people, their targets and candidates.

    Attributes:
        step: the step's number, from 0.
        batch: the histories of its people.
        shown_mask: 0 where a token's item is hidden from the network, else 1; float32 [M].
            None: all items are shown.
        platform_targets: targets and candidates of each platform; empty for a worker without
            targets.
        target_count: the number of events that are predicted.
    """

    step: int
    batch: HistoryBatch
    shown_mask: torch.Tensor | None
    platform_targets: tuple[PlatformTargets, ...]
    target_count: int

    def to(self, device: torch.device) -> MicroBatch:
        """Returns the micro-batch on `device`."""
        if device.type == "cpu":
            return self
        return MicroBatch(
            self.step,
            self.batch.to(device),
            None if self.shown_mask is None else self.shown_mask.to(device, non_blocking=True),
            tuple(one.to(device) for one in self.platform_targets),
            self.target_count,
        )


def build_micro_batch(
    data: TrainingData,
    hyper: HyperParameters,
    views: bool,
    step: int,
    rows: np.ndarray,
    rank: int = 0,
    world_size: int = 1,
) -> MicroBatch:
    """Returns worker `rank`'s micro-batch of the batch `rows`: every `world_size`-th person.

    Args:
        data: the run's data.
        hyper: hyper-parameters.
        views: whether the network reads each platform's own history in addition to the
            merged one.
        step: the step's number, which keys the RNG streams.
        rows: the people of the batch over all workers, [n].
        rank: this worker's rank.
        world_size: the number of workers.
    """
    own_rows = rows[rank::world_size]
    own_targets = target_positions(data, own_rows)
    batch_targets = target_positions(data, rows) if world_size > 1 else own_targets
    codes = range(len(data.vocabulary.platforms))
    batch = make_history_batch(
        data.history.take(own_rows),
        platforms=len(codes),
        types=EVENT_TYPE_CODE_COUNT,
        views=codes if views else [],
        timeline=data.timeline,
        price=data.item_attributes.price,
    )
    shown = _shown_events(data, hyper, step, rows, rank, world_size)
    shown_mask = None if shown is None else torch.from_numpy(shown)[batch.tokens.event]
    found = platform_targets(data, hyper, step, batch_targets, own_targets)
    return MicroBatch(step, batch, shown_mask, tuple(found), len(own_targets.event))


def _shown_events(
    data: TrainingData,
    hyper: HyperParameters,
    step: int,
    rows: np.ndarray,
    rank: int,
    world_size: int,
) -> np.ndarray | None:
    """Returns 0 for hidden and 1 for shown events of this worker's people, float32 [N].

    The share of a person's events that is hidden is drawn uniformly from 0 to `item_dropout`.
    A hidden item is hidden in both the merged and the own history. The draw covers the whole
    batch, so it does not depend on the number of workers.
    """
    if not hyper.item_dropout:
        return None
    random = step_rng_stream(hyper.seed, step, ITEM_DROPOUT)
    lengths = data.history.lengths[rows]
    rate = random.random(len(rows), np.float32) * np.float32(hyper.item_dropout)
    chance = random.random(int(lengths.sum()), np.float32)
    shown: np.ndarray = (chance >= np.repeat(rate, lengths)).astype(np.float32)
    if world_size == 1:
        return shown
    own_events = np.repeat(np.arange(len(rows)) % world_size == rank, lengths)
    part: np.ndarray = shown[own_events]
    return part
