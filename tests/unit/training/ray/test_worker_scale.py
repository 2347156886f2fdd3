from __future__ import annotations

from typing import Any

import pytest

from plait.errors import ConfigError
from plait.training.ray.worker_scale import WorkerScale


@pytest.mark.parametrize(
    ("given", "ray"), [(1, 1), ("3", 3), ("2:4", (2, 4)), ((1, 2), (1, 2)), ("2:2", 2)]
)
def test_a_number_or_a_range(given: Any, ray: Any) -> None:
    scale = WorkerScale.of(given)
    assert scale.num_workers() == ray
    assert scale.threads_per_worker() >= 1


@pytest.mark.parametrize(
    ("workers", "cpus", "threads"),
    [
        (1, [0, 8], 8),
        (2, [0, 8], 4),
        (2, [8, 8], 8),
        (3, [0, 4, 8], 4),
        (3, [4, 1], 1),
        (8, [2, 2], 1),
        (2, [0.0], 1),
        (2, [], 1),
    ],
)
def test_threads_leave_every_worker_a_place(workers: int, cpus: list[float], threads: int) -> None:
    assert WorkerScale.of(workers).threads_per_worker(cpus) == threads


@pytest.mark.parametrize("given", [0, "", "two", "4:2", "1:2:3", "0:2", "-1", (1, 2, 3)])
def test_anything_else_says_what_is_allowed(given: Any) -> None:
    with pytest.raises(ConfigError, match="MIN:MAX"):
        WorkerScale.of(given)
