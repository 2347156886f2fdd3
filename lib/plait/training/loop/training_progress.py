"""Progress of a training run, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from plait.progress import ProgressTask


def show_progress(work: ProgressTask, progress: TrainingProgress) -> None:
    """Updates the progress bar `work` to `progress`."""
    work.total = progress.planned_targets
    note = f"epoch {progress.epoch:.1f}/{progress.epochs}, loss {progress.loss:.3f}, "
    note += f"loader {progress.loader_share:.1%}"
    if progress.metrics:
        note += (
            f", validation MRR {progress.metrics['mrr']:.4f} (best: epoch {progress.best_epoch})"
        )
    if not work.done or progress.targets < work.done:  # the first report, or a refit's
        work.begin(progress.seconds)
    work.advance(progress.targets - work.done, note)


@dataclass(frozen=True)
class TrainingProgress:
    """Progress of a run.

    Attributes:
        epoch: epochs done, as a fraction within an epoch.
        epochs: epochs planned.
        targets: targets trained so far, over all workers.
        planned_targets: targets of all planned epochs.
        seconds: seconds trained so far, over all restarts.
        loss: mean loss of this epoch so far.
        metrics: metrics of the newest validation; empty before the first.
        best_epoch: the epoch with the best validation so far, 0 before the first.
        loader_share: the share of the time that the worker waited for its loader, 0 to 1.
    """

    epoch: float
    epochs: int
    targets: int
    planned_targets: int
    seconds: float
    loss: float
    metrics: dict[str, float] = field(default_factory=dict)
    best_epoch: int = 0
    loader_share: float = 0.0


ReportProgress = Callable[[TrainingProgress], None]
