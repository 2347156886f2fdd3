"""Ray Train callback: relays reports, and ends the run on an unrecoverable failure."""

from __future__ import annotations

from typing import Any

from ray.train import UserCallback

from plait.training.ray.worker_failure import unrecoverable_error


class ReportRelay(UserCallback):
    """Sends rank 0's reports to the progress actor; runs in Ray Train's controller."""

    def __init__(self, board: Any) -> None:
        self._board = board

    def after_report(
        self, run_context: Any, metrics: list[dict[str, Any]], checkpoint: Any
    ) -> None:
        """Sends rank 0's report on; Ray calls it once all workers have reported."""
        self._board.write.remote(metrics[0])

    def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:
        """Raises the failure if it is unrecoverable; Ray calls it before it decides on a retry.

        An error raised here ends the run. Ray retries only after errors of workers.
        """
        if error := unrecoverable_error(worker_exceptions.values()):
            raise error
