"""Reports on their way from the workers to the board."""

from __future__ import annotations

from typing import Any

from ray.train import UserCallback


class ToBoard(UserCallback):
    """Puts the first worker's reports on the board; runs in Ray Train's controller."""

    def __init__(self, board: Any) -> None:
        self._board = board

    def after_report(
        self, run_context: Any, metrics: list[dict[str, Any]], checkpoint: Any
    ) -> None:
        """Called once all workers have reported."""
        self._board.write.remote(metrics[0])
