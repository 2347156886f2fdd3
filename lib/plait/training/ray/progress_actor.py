"""Passes progress from Ray Train's controller to the driver's terminal.

The actor's process imports this file, so slow imports stay inside the functions.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

POLL_INTERVAL_S = 0.5  # seconds


class ProgressActor:
    """Holds the newest progress report."""

    def __init__(self) -> None:
        self._newest: dict[str, Any] | None = None

    def write(self, report: dict[str, Any]) -> None:
        """Replaces the newest report with `report`."""
        self._newest = report

    def read(self) -> dict[str, Any] | None:
        """Returns the newest report; None before the first."""
        return self._newest


def start_progress_actor() -> Any:
    """Returns a ProgressActor on the driver's node, because nodes of workers may be lost."""
    import ray

    here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
    actor: Any = ray.remote(num_cpus=0, label_selector=here)(ProgressActor)
    return actor.remote()


@contextmanager
def watch_progress(board: Any, work: Any) -> Iterator[None]:
    """Shows the reports of the actor `board` on `work` until the block ends.

    If the actor dies, only the display stops; the run continues.
    """
    import ray

    from plait.training.loop.training_progress import TrainingProgress, show_progress

    over = threading.Event()

    def look() -> None:
        try:
            report = ray.get(board.read.remote())
        except ray.exceptions.RayActorError:
            over.set()
            return
        if report is not None:
            show_progress(work, TrainingProgress(**report))

    def watch() -> None:
        while not over.wait(POLL_INTERVAL_S):
            look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
        look()
    finally:
        over.set()
        thread.join(timeout=5)
