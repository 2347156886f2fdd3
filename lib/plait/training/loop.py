"""The training loop: plain PyTorch, the same in one process and in many."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from plait.model.net import Net
from plait.model.settings import settings_for
from plait.training.average import Average
from plait.training.best import Best, agree
from plait.training.data import TrainingData
from plait.training.gradients import sum_gradients
from plait.training.hyper import Hyper
from plait.training.sampler import epoch_batches
from plait.training.schedule import learning_rate
from plait.training.step import batch_loss
from plait.training.validate import validate_net

REPORT_EVERY = 2.0  # seconds


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        epoch: passes done, fractions included.
        epochs: passes planned.
        targets: positions trained so far, over all workers.
        planned: positions of all passes planned.
        seconds: since the first step.
        loss: mean loss of this epoch so far.
        metrics: the newest validation; empty before the first.
        best: the epoch whose validation is best so far, 0 before the first.
    """

    epoch: float
    epochs: int
    targets: int
    planned: int
    seconds: float
    loss: float
    metrics: dict[str, float] = field(default_factory=dict)
    best: int = 0


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained network: the averaged weights of the best epoch, and how it came about."""

    net: Net
    epoch: int
    metrics: dict[str, float]
    seconds: float
    targets: int


Report = Callable[[Progress], None]


def fit(
    data: TrainingData,
    hyper: Hyper,
    *,
    stop: int | None = None,
    device: torch.device | None = None,
    rank: int = 0,
    workers: int = 1,
    report: Report | None = None,
) -> Fitted:
    """Returns the network trained on `data`.

    Args:
        data: the run's data, the same on every worker.
        hyper: hyper-parameters.
        stop: the epoch to stop after in a schedule planned for `hyper.epochs` (a refit).
        device: where to train; default: the CPU.
        rank: this worker.
        workers: how many workers there are; more than one need a process group.
        report: told about progress every two seconds and after each epoch, at the same
            steps on every worker.
    """
    device = device or torch.device("cpu")
    torch.set_flush_denormal(True)  # tiny averages slow a CPU down a hundredfold
    net = build_net(data, hyper).to(device)
    torch.manual_seed(hyper.seed * 1009 + rank + 1)  # dropout differs between workers
    optimizer = _optimizer(net, hyper)
    average, best = Average(net, hyper.average), Best(hyper.patience)
    lengths, planned = data.history.lengths, int((data.weight > 0).sum()) * hyper.epochs
    steps = len(epoch_batches(lengths, hyper.batch_size, np.random.default_rng(0)))
    start, step, targets, told = time.monotonic(), 0, 0, 0.0
    last = stop or hyper.epochs

    def tell(epoch: float, loss: float) -> None:
        if report is not None:
            seconds = time.monotonic() - start
            report(
                Progress(
                    epoch, hyper.epochs, targets, planned, seconds, loss, best.newest, best.epoch
                )
            )

    for epoch in range(1, last + 1):
        random = np.random.default_rng([hyper.seed, epoch])
        net.train()
        losses = 0.0
        for number, rows in enumerate(epoch_batches(lengths, hyper.batch_size, random), 1):
            part = learning_rate(step, steps * hyper.epochs, hyper.warmup, hyper.floor)
            for group in optimizer.param_groups:
                group["lr"] = hyper.learning_rate * part
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                loss, count = batch_loss(net, data, hyper, rows, random, rank, workers)
            loss.backward()
            clock = time.monotonic() - start
            done = sum_gradients(net, loss, count, clock, rank, workers)
            torch.nn.utils.clip_grad_norm_(net.parameters(), hyper.clip, foreach=True)
            optimizer.step()
            average.update(net)
            step, targets, losses = step + 1, targets + done.targets, losses + done.loss
            # Workers must report alike, so all go by the first one's clock.
            if number < steps and done.clock - told >= REPORT_EVERY:
                told = done.clock
                tell(epoch - 1 + number / steps, losses / number)
        if data.validation is None:
            best.take(average.net, epoch, {})
        elif rank == 0 and _worth_validating(epoch, last):
            best.take(average.net, epoch, validate_net(average.net, data, data.validation))
        tell(epoch, losses / max(1, steps))
        if agree(best.over, workers):
            break
    return Fitted(
        best.restore(average.net), best.epoch, best.metrics, time.monotonic() - start, targets
    )


def build_net(data: TrainingData, hyper: Hyper) -> Net:
    """Returns the untrained network that fits the data, with its facts; seeded."""
    torch.manual_seed(hyper.seed)
    settings = settings_for(
        data.vocabulary,
        data.history,
        data.catalogue,
        data.timeline,
        dimensions=hyper.dimensions,
        dropout=hyper.dropout,
        calendar=hyper.calendar,
    )
    net = Net(settings)
    net.learn_facts(data.timeline, data.catalogue)
    return net


def _optimizer(net: Net, hyper: Hyper) -> torch.optim.AdamW:
    """Returns AdamW that decays everything: the gain of the norms is what sharpens scores."""
    return torch.optim.AdamW(
        net.parameters(), lr=hyper.learning_rate, weight_decay=hyper.weight_decay, fused=True
    )


def _worth_validating(epoch: int, last: int) -> bool:
    """Skips validations early in a long run, where the best epoch cannot be yet."""
    return epoch == last or last <= 8 or epoch > last * 0.6 or epoch % 4 == 0
