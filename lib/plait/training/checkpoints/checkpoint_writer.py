"""Writes a stage's checkpoints on rank 0, and restores the last one on every worker."""

from __future__ import annotations

from typing import Any

from plait.training.checkpoints.checkpoint import Checkpoint, unreadable_checkpoint
from plait.training.checkpoints.unfinished_run import STAGES, CheckpointPlace, UnfinishedRun
from plait.training.distributed.worker_rank import Worker
from plait.training.loop.train_state import TrainState


class CheckpointWriter:
    """The checkpoints of one stage of a run.

    Args:
        run: the run in the store that holds them.
        worker: this worker.
        stage: one of STAGES.
        every: seconds between two checkpoints. Each epoch also ends with one.
        search_result: what the search before a refit found.
    """

    def __init__(
        self,
        run: UnfinishedRun,
        worker: Worker,
        stage: str,
        every: float,
        search_result: dict[str, Any] | None = None,
    ) -> None:
        self._run, self._worker, self._stage = run, worker, STAGES.index(stage)
        self._every, self._search_result = every, search_result
        self._written = 0.0

    def restore(self, state: TrainState) -> None:
        """Restores `state` from the stage's last checkpoint, if there is one.

        Rank 0 finds it and broadcasts its place, so that all workers restore the same one.

        Raises:
            StoreError: the checkpoint cannot be read, or belongs to another network.
        """
        place = last_place(self._run, self._worker)
        if place is None or place.stage != self._stage:
            return
        checkpoint = self._run.read(place)
        try:
            state.restore(checkpoint.tensors, checkpoint.values)
        except (KeyError, ValueError, TypeError, RuntimeError, AttributeError) as error:
            raise unreadable_checkpoint(self._run.path_of(place), error) from None
        self._written = state.seconds

    def is_due(self, seconds: float) -> bool:
        """Whether another checkpoint is due after `seconds` of training; False except on rank 0."""
        return self._worker.is_first and seconds - self._written >= self._every

    def write(self, state: TrainState) -> None:
        """Writes a checkpoint of `state` on rank 0; does nothing on other workers."""
        if not self._worker.is_first:
            return
        self._run.write(
            CheckpointPlace(self._stage, state.step),
            Checkpoint(*state.capture(), search_result=self._search_result),
        )
        self._written = state.seconds


def last_place(run: UnfinishedRun, worker: Worker) -> CheckpointPlace | None:
    """Returns the place of the run's last checkpoint; None if there is none.

    Rank 0 lists the checkpoints, and every worker gets its result.
    """
    places = run.places() if worker.is_first else []
    newest = [places[-1].stage, places[-1].step] if places else [-1, -1]
    stage, step = worker.broadcast(newest)
    return None if stage < 0 else CheckpointPlace(stage, step)
