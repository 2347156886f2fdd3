"""Ray for one training run: connects to a cluster, or starts a local Ray and stops it after."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from plait.training.ray.local_ray import keep_ray_on_loopback, local_init_arguments

QUIET_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "1",
    "RAY_worker_niceness": "0",  # by default Ray lowers the priority of its workers
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.2",  # how often reports are fetched
    "RAY_TRAIN_METRICS_ENABLED": "0",
    "RAY_TRAIN_ENABLE_CONTROLLER_STRUCTURED_LOGGING": "0",
    "RAY_TRAIN_ENABLE_WORKER_STRUCTURED_LOGGING": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


def quiet_ray() -> None:
    """Keeps Ray's own output off the terminal; variables that the user set keep their value."""
    for name, value in QUIET_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    logging.getLogger("ray").setLevel(logging.ERROR)


def is_connected() -> bool:
    """Whether RAY_ADDRESS names a cluster or this process is already connected to one."""
    keep_ray_on_loopback()
    import ray

    return bool(os.environ.get("RAY_ADDRESS")) or bool(ray.is_initialized())


@contextmanager
def ray_session(cpus_per_node: int) -> Iterator[bool]:
    """Connects to the cluster of RAY_ADDRESS, or starts a local Ray; shuts it down at the end.

    A local Ray has `cpus_per_node` CPUs. A connection that this process already has is used
    and kept. Yields whether a local Ray was started.
    """
    keep_ray_on_loopback()
    import ray

    quiet_ray()
    if ray.is_initialized():
        yield False
        return
    here = not os.environ.get("RAY_ADDRESS")
    if not here:
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
    else:
        # This machine is never preempted, and the watcher is one more process to start.
        os.environ.setdefault("RAY_TRAIN_ENABLE_PREEMPTION_WATCHER", "0")
        ray.init(
            **local_init_arguments(),
            num_cpus=cpus_per_node,
            log_to_driver=False,
            logging_level=logging.ERROR,
            object_store_memory=200 * 2**20,
        )
    try:
        yield here
    finally:
        ray.shutdown()


def cpus_per_node() -> list[float]:
    """Returns the CPUs of each live node of the cluster; 0 for a head node that runs no work."""
    import ray

    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return [node["Resources"].get("CPU", 0.0) for node in nodes if node["Alive"]]


def gpu_count() -> int:
    """Returns the number of GPUs of the cluster."""
    import ray

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return int(resources.get("GPU", 0))
