"""Writes a stage's checkpoints on rank 0, and hands the last one to all of them."""

from __future__ import annotations

from typing import Any

from plait.training.checkpoints.checkpoint import Checkpoint, unreadable_checkpoint
from plait.training.checkpoints.unfinished_run import STAGES, CheckpointPlace, UnfinishedRun
from plait.training.distributed.worker_rank import Worker
from plait.training.loop.train_state import TrainState


class CheckpointWriter:
    """The checkpoints of one stage of a run.

    Args:
        run: where they are kept.
        worker: this worker.
        stage: one of STAGES.
        every: seconds between two checkpoints; each epoch ends with one anyway.
        search_result: of the search before a refit.
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
        """Brings `state` to the last checkpoint of the stage, where there is one.

        Rank 0 looks and tells the others, so that all take the same one.

        Raises:
            StoreError: it cannot be read, or is not this network's.
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
        """Whether it is time for another checkpoint."""
        return self._worker.is_first and seconds - self._written >= self._every

    def write(self, state: TrainState) -> None:
        """Writes a checkpoint of `state`, on rank 0."""
        if not self._worker.is_first:
            return
        self._run.write(
            CheckpointPlace(self._stage, state.step),
            Checkpoint(*state.capture(), search_result=self._search_result),
        )
        self._written = state.seconds


def last_place(run: UnfinishedRun, worker: Worker) -> CheckpointPlace | None:
    """Returns the place of the run's last checkpoint, rank 0's view on every worker."""
    places = run.places() if worker.is_first else []
    newest = [places[-1].stage, places[-1].step] if places else [-1, -1]
    stage, step = worker.broadcast(newest)
    return None if stage < 0 else CheckpointPlace(stage, step)
