"""Writes a stage's checkpoints on the first worker, and hands the last one to all of them."""

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
        found: what the search before a refit found.
    """

    def __init__(
        self,
        run: UnfinishedRun,
        worker: Worker,
        stage: str,
        every: float,
        found: dict[str, Any] | None = None,
    ) -> None:
        self._run, self._worker, self._stage = run, worker, STAGES.index(stage)
        self._every, self._found = every, found
        self._written = 0.0

    def restore(self, state: TrainState) -> None:
        """Brings `state` to the last checkpoint of the stage, where there is one.

        The first worker looks and tells the others, so that all take the same one.

        Raises:
            StoreError: it cannot be read, or is not this network's.
        """
        mark = last_place(self._run, self._worker)
        if mark is None or mark.stage != self._stage:
            return
        checkpoint = self._run.read(mark)
        try:
            state.restore(checkpoint.tensors, checkpoint.facts)
        except (KeyError, ValueError, TypeError, RuntimeError, AttributeError) as error:
            raise unreadable_checkpoint(self._run.place(mark), error) from None
        self._written = state.seconds

    def is_due(self, seconds: float) -> bool:
        """Whether it is time for another checkpoint."""
        return self._worker.first and seconds - self._written >= self._every

    def write(self, state: TrainState) -> None:
        """Writes a checkpoint of `state`, on the first worker."""
        if not self._worker.first:
            return
        self._run.write(
            CheckpointPlace(self._stage, state.step),
            Checkpoint(*state.capture(), found=self._found),
        )
        self._written = state.seconds


def last_place(run: UnfinishedRun, worker: Worker) -> CheckpointPlace | None:
    """Returns the place of the run's last checkpoint, the first worker's view on every one."""
    marks = run.marks() if worker.first else []
    seen = [marks[-1].stage, marks[-1].step] if marks else [-1, -1]
    stage, step = worker.agree(seen)
    return None if stage < 0 else CheckpointPlace(stage, step)
