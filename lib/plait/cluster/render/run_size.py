"""The size of a run, as the command line overrides it."""

from __future__ import annotations

from dataclasses import dataclass

from plait.cluster.client.quantity import memory, parse_quantity
from plait.errors import BadSize
from plait.training.ray.worker_scale import WorkerScale


@dataclass(frozen=True)
class RunSize:
    """The requested size; None keeps the template's. cpus, memory and gpus are per worker."""

    workers: str | None = None
    cpus: str | None = None
    memory: str | None = None
    gpus: int | None = None
    driver_memory: str | None = None

    def __post_init__(self) -> None:
        """Checks each value.

        Raises:
            BadSize, ConfigError: a value is invalid.
        """
        self.scale()
        if self.cpus is not None and parse_quantity(self.cpus, "--cpus") <= 0:
            raise BadSize("--cpus is 0.", allowed="More than 0, such as 2 or 500m.")
        for value, name in ((self.memory, "--memory"), (self.driver_memory, "--driver-memory")):
            if value is not None:
                memory(value, name)
        if self.gpus is not None and self.gpus < 0:
            raise BadSize(f"--gpus is {self.gpus}.", allowed="0 or more.")

    def scale(self) -> WorkerScale | None:
        """Returns the minimum and maximum number of workers, or None if not requested.

        Raises:
            ConfigError: `workers` is neither N nor MIN:MAX.
        """
        return None if self.workers is None else WorkerScale.of(self.workers)
