"""A run's progress as a line: rate, time left, loss and validation."""

from __future__ import annotations

from plait.progress import ProgressTask
from plait.training.loop.training_progress import TrainingProgress


def show(work: ProgressTask, progress: TrainingProgress) -> None:
    """Brings `work` up to `progress`."""
    work.total = progress.planned
    note = f"epoch {progress.epoch:.1f}/{progress.epochs}, loss {progress.loss:.3f}, "
    note += f"loader {progress.waiting:.1%}"
    if progress.metrics:
        note += f", validation MRR {progress.metrics['mrr']:.4f} (best: epoch {progress.best})"
    if not work.done or progress.targets < work.done:  # the first report, or a refit's
        work.begin(progress.seconds)
    work.advance(progress.targets - work.done, note)
