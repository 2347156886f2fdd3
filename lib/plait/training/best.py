"""The best epoch so far, and when to give up waiting for a better one."""

from __future__ import annotations

import torch
from torch import distributed

from plait.model.net import Net


class Best:
    """Keeps the parameters of the epoch with the highest validation `mrr`.

    Args:
        patience: validations without a better one after which the run is over.
    """

    def __init__(self, patience: int) -> None:
        self._patience, self._since = patience, 0
        self._state: dict[str, torch.Tensor] = {}
        self.epoch = 0
        self.metrics: dict[str, float] = {}
        self.newest: dict[str, float] = {}

    @property
    def over(self) -> bool:
        """Whether patience has run out."""
        return self._since >= self._patience

    def take(self, net: Net, epoch: int, metrics: dict[str, float]) -> None:
        """Looks at the network after `epoch`; without metrics the newest is the best."""
        self.newest = metrics
        if self.epoch and metrics and metrics["mrr"] <= self.metrics["mrr"]:
            self._since += 1
            return
        self._since, self.epoch, self.metrics = 0, epoch, metrics
        self._state = {name: p.detach().clone() for name, p in net.named_parameters()}

    def restore(self, net: Net) -> Net:
        """Returns `net` with the parameters of the best epoch."""
        if self._state:
            net.load_state_dict(self._state, strict=False)
        return net


def agree(over: bool, workers: int) -> bool:
    """Returns the first worker's `over` on every worker: it alone validates."""
    if workers == 1:
        return over
    flag = torch.tensor([int(over)])
    if distributed.get_backend() == "nccl":
        flag = flag.cuda()
    distributed.broadcast(flag, src=0)
    return bool(flag.item())
