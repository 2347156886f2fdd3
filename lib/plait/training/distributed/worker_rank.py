"""A worker of a run: its rank, and the collective operations that it takes part in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import distributed


@dataclass(frozen=True)
class Worker:
    """This process's device, rank and world size.

    With a world size above 1, torch.distributed must have a process group.
    """

    device: torch.device
    rank: int = 0
    world_size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is rank 0, which writes checkpoints and publishes."""
        return self.rank == 0

    def broadcast(self, values: Sequence[int]) -> list[int]:
        """Returns rank 0's `values` on every worker."""
        if self.world_size == 1:
            return list(values)
        shared = torch.tensor(values, dtype=torch.int64, device=self.device)
        distributed.broadcast(shared, src=0)
        return [int(value) for value in shared.tolist()]

    def all_reduce(self, values: np.ndarray) -> np.ndarray:
        """Returns the sum of all workers' `values`, float64 of any shape, on every worker."""
        if self.world_size == 1:
            return values
        shared = torch.from_numpy(values).to(self.device)
        distributed.all_reduce(shared)
        total: np.ndarray = shared.cpu().numpy()
        return total


SINGLE_WORKER = Worker(torch.device("cpu"))


def local_worker() -> Worker:
    """Returns the single worker of a run in this process, on a GPU if there is one."""
    return Worker(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
