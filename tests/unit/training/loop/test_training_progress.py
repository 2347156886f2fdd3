from __future__ import annotations

from plait.progress import ProgressTask
from plait.training.loop.training_progress import TrainingProgress, show_progress


def test_the_rate_is_that_of_training_and_a_refit_starts_over() -> None:
    work = ProgressTask("train", None, "targets")
    work._start -= 1000  # a cluster that took its time to start
    show_progress(work, TrainingProgress(1, 4, 500, 2000, 5.0, 2.5, {"mrr": 0.25}, 1))
    line = work.line()
    assert "100/s" in line
    assert "500/2,000" in line
    assert "epoch 1.0/4" in line
    assert "0.2500 (best: epoch 1)" in line
    show_progress(work, TrainingProgress(0.1, 4, 50, 2000, 1.0, 3.0))
    assert "50/s" in work.line()
