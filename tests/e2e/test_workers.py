"""However many workers share a run, it is the same run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.e2e.tiny_project import train_apart, write_project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than 1,024 items a platform, so negatives are drawn; nothing else is random."""
    folder = tmp_path_factory.mktemp("workers")
    return write_project(
        folder, 600, 700, epochs=2, batch_size=64, negatives=64, dropout=0, item_dropout=0.5
    )


def test_one_two_and_four_workers_have_one_loss_curve(file: Path) -> None:
    results = {n: train_apart(file, "--workers", str(n)) for n in (1, 2, 4)}
    curves = {n: np.array(result["metrics"]["loss_curve"]) for n, result in results.items()}
    assert len(curves[1]) == 20  # a point a step
    assert curves[1][-1] < curves[1][0] - 0.1
    for n in (2, 4):
        assert results[n]["metrics"]["workers"] == n
        np.testing.assert_allclose(curves[n], curves[1], rtol=0, atol=1e-4)


def test_as_many_workers_as_there_is_room_for(file: Path) -> None:
    result = train_apart(file, "--workers", "1:2", "--epochs", "1")
    assert result["metrics"]["workers"] == 2
    assert len(result["metrics"]["loss_curve"]) == 10
