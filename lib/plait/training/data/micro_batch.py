"""One worker's part of one step, ready for the network: built from arrays, no gradients."""

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
    """The people a worker has in a step.

    Attributes:
        step: counted from 0.
        batch: their histories.
        kept: 0 where a token's item is hidden from the network, float32 [M]; None: all shown.
        questions: what is asked, a platform each; empty for a worker without targets.
        targets: how many events are predicted.
    """

    step: int
    batch: HistoryBatch
    kept: torch.Tensor | None
    questions: tuple[PlatformTargets, ...]
    targets: int

    def to(self, device: torch.device) -> MicroBatch:
        """Returns the portion on `device`."""
        if device.type == "cpu":
            return self
        return MicroBatch(
            self.step,
            self.batch.to(device),
            None if self.kept is None else self.kept.to(device, non_blocking=True),
            tuple(question.to(device) for question in self.questions),
            self.targets,
        )


def build_micro_batch(
    data: TrainingData,
    hyper: HyperParameters,
    views: bool,
    step: int,
    rows: np.ndarray,
    rank: int = 0,
    workers: int = 1,
) -> MicroBatch:
    """Returns what worker `rank` has of the batch of people `rows`: every `workers`-th person.

    Args:
        data: the run's data.
        hyper: hyper-parameters.
        views: whether the network reads own histories beside the merged one.
        step: the step's number, which keys what is drawn.
        rows: the people of the batch, of all workers, [n].
        rank: this worker.
        workers: how many there are.
    """
    mine = rows[rank::workers]
    here = target_positions(data, mine)
    whole = target_positions(data, rows) if workers > 1 else here
    codes = range(len(data.vocabulary.platforms))
    batch = make_history_batch(
        data.history.take(mine),
        platforms=len(codes),
        types=EVENT_TYPE_CODE_COUNT,
        views=codes if views else [],
        timeline=data.timeline,
        price=data.catalogue.price,
    )
    shown = _shown_events(data, hyper, step, rows, rank, workers)
    kept = None if shown is None else torch.from_numpy(shown)[batch.tokens.event]
    questions = platform_targets(data, hyper, step, whole, here)
    return MicroBatch(step, batch, kept, tuple(questions), len(here.event))


def _shown_events(
    data: TrainingData, hyper: HyperParameters, step: int, rows: np.ndarray, rank: int, workers: int
) -> np.ndarray | None:
    """Returns 0 for hidden and 1 for shown events of this worker's people, float32 [N].

    A share of each person's items is hidden, drawn uniformly from 0 to `item_dropout`. An item
    is hidden from the merged and the own history alike. Drawn for the whole batch, so that it
    does not depend on how many workers share it.
    """
    if not hyper.item_dropout:
        return None
    random = step_rng_stream(hyper.seed, step, ITEM_DROPOUT)
    lengths = data.history.lengths[rows]
    rate = random.random(len(rows), np.float32) * np.float32(hyper.item_dropout)
    chance = random.random(int(lengths.sum()), np.float32)
    shown: np.ndarray = (chance >= np.repeat(rate, lengths)).astype(np.float32)
    if workers == 1:
        return shown
    mine = np.repeat(np.arange(len(rows)) % workers == rank, lengths)
    part: np.ndarray = shown[mine]
    return part
