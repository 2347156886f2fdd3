"""Progress on its way from Ray's controller to the driver's terminal.

The actor's process imports this file, so what is slow to import stays inside the functions.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

POLL_INTERVAL_S = 0.5  # seconds


class ProgressActor:
    """Holds the newest report."""

    def __init__(self) -> None:
        self._newest: dict[str, Any] | None = None

    def write(self, report: dict[str, Any]) -> None:
        """Puts `report` up."""
        self._newest = report

    def read(self) -> dict[str, Any] | None:
        """Returns the newest report."""
        return self._newest


def start_progress_actor() -> Any:
    """Returns a board that lives in a Ray actor beside the driver: nodes of workers may go."""
    import ray

    here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
    actor: Any = ray.remote(num_cpus=0, label_selector=here)(ProgressActor)
    return actor.remote()


@contextmanager
def watch_progress(board: Any, work: Any) -> Iterator[None]:
    """Shows what the board says until the block ends; a board that dies ends nothing but that."""
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
