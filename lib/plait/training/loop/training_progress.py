"""Where a training run stands, on its way to whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from plait.progress import ProgressTask


def show_progress(work: ProgressTask, progress: TrainingProgress) -> None:
    """Brings `work` up to `progress`."""
    work.total = progress.planned
    note = f"epoch {progress.epoch:.1f}/{progress.epochs}, loss {progress.loss:.3f}, "
    note += f"loader {progress.waiting:.1%}"
    if progress.metrics:
        note += f", validation MRR {progress.metrics['mrr']:.4f} (best: epoch {progress.best})"
    if not work.done or progress.targets < work.done:  # the first report, or a refit's
        work.begin(progress.seconds)
    work.advance(progress.targets - work.done, note)


@dataclass(frozen=True)
class TrainingProgress:
    """Where a run stands.

    Attributes:
        epoch: passes done, fractions included.
        epochs: passes planned.
        targets: positions trained so far, over all workers.
        planned: positions of all passes planned.
        seconds: trained so far, over all restarts.
        loss: mean loss of this epoch so far.
        metrics: the newest validation; empty before the first.
        best: the epoch whose validation is best so far, 0 before the first.
        waiting: the share of the time that the worker waited for its loader, 0 to 1.
    """

    epoch: float
    epochs: int
    targets: int
    planned: int
    seconds: float
    loss: float
    metrics: dict[str, float] = field(default_factory=dict)
    best: int = 0
    waiting: float = 0.0


ReportProgress = Callable[[TrainingProgress], None]
