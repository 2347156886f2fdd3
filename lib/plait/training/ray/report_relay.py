"""Ray Train callback: passes reports on, and ends the run on an unrecoverable failure."""

from __future__ import annotations

from typing import Any

from ray.train import UserCallback

from plait.training.ray.worker_failure import unrecoverable_error


class ReportRelay(UserCallback):
    """Passes rank 0's reports to the progress actor; runs in Ray Train's controller."""

    def __init__(self, board: Any) -> None:
        self._board = board

    def after_report(
        self, run_context: Any, metrics: list[dict[str, Any]], checkpoint: Any
    ) -> None:
        """Called once all workers have reported."""
        self._board.write.remote(metrics[0])

    def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:
        """Called once a worker failed, before Ray decides whether to try again.

        What is raised here ends the run: Ray tries again after a worker's error alone.
        """
        if error := unrecoverable_error(worker_exceptions.values()):
            raise error
