"""Progress is shown while nodes come and go, and its loss costs no run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict

import pytest
import ray
from ray.cluster_utils import Cluster

from plait.progress import ProgressTask
from plait.training.loop.training_progress import TrainingProgress
from plait.training.ray.progress_actor import start_progress_actor, watch_progress

pytestmark = pytest.mark.slow
REPORT = asdict(TrainingProgress(1, 4, 500, 2000, 5.0, 2.5, {"mrr": 0.25}, 1))


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A head without CPUs, where drivers live."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    ray.init(address=made.address)
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_board_outlives_the_nodes_of_workers(cluster: Cluster) -> None:
    node = cluster.add_node(num_cpus=2)
    cluster.wait_for_nodes()
    boards = [start_progress_actor() for _ in range(6)]
    ray.get([board.write.remote(REPORT) for board in boards])
    cluster.remove_node(node, allow_graceful=False)
    while sum(one["Alive"] for one in ray.nodes()) > 1:
        time.sleep(0.1)
    time.sleep(2)  # until its actors' processes have noticed as well
    assert ray.get([board.read.remote() for board in boards], timeout=60) == [REPORT] * 6


@pytest.mark.usefixtures("cluster")
def test_a_board_that_dies_ends_no_run() -> None:
    board, work = start_progress_actor(), ProgressTask("train", None, "targets")
    ray.get(board.write.remote(REPORT))
    with watch_progress(board, work):
        while not work.done:
            time.sleep(0.1)
        ray.kill(board)
    assert work.done == REPORT["targets"]
