"""The number of workers of a run: fixed, or a range within which Ray scales the run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from plait.errors import ConfigError


@dataclass(frozen=True)
class WorkerScale:
    """A range from `min_workers` to `max_workers`; both are equal if the number is fixed."""

    min_workers: int
    max_workers: int

    @classmethod
    def of(cls, given: int | str | tuple[int, int]) -> WorkerScale:
        """Returns the scale that `given` describes: 4, "4", "2:4" or (2, 4).

        Raises:
            ConfigError: `given` has another form, or a number is out of range.
        """
        try:
            parts = given if isinstance(given, tuple) else str(given).split(":")
            least, *more = (int(part) for part in parts)
            most = more[0] if more else least
        except ValueError:
            least, more, most = 0, [], 0
        if len(more) > 1 or not 1 <= least <= most:
            raise ConfigError(
                f"workers is '{given}'.",
                allowed="A number from 1, or MIN:MAX with MIN not above MAX.",
                fix="Give --workers 2, or --workers 1:4 for as many as there are machines for.",
            )
        return cls(least, most)

    @property
    def is_elastic(self) -> bool:
        """Whether the number may change during the run."""
        return self.min_workers < self.max_workers

    def threads_per_worker(self, cpus: Sequence[float] | None = None) -> int:
        """Returns the most CPU threads per worker with which all `max_workers` fit; at least 1.

        Args:
            cpus: CPUs of each machine; default: those of this machine.
        """
        machines = [int(count) for count in (cpus if cpus is not None else [os.cpu_count() or 1])]
        for threads in range(max(machines, default=1), 1, -1):
            if sum(count // threads for count in machines) >= self.max_workers:
                return threads
        return 1

    def num_workers(self) -> int | tuple[int, int]:
        """Returns the `num_workers` argument for Ray Train's ScalingConfig."""
        return (self.min_workers, self.max_workers) if self.is_elastic else self.max_workers
