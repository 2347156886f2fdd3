"""The training loop: plain PyTorch, the same code in one process and in many."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial

import torch

from plait.errors import NotFinite
from plait.models.neural.net import NeuralNet
from plait.models.neural.net_settings import net_settings_for
from plait.training.checkpoints.checkpoint_writer import CheckpointWriter
from plait.training.data.micro_batch import MicroBatch, build_micro_batch
from plait.training.data.prefetch import Prefetcher
from plait.training.data.sampler import Sampler
from plait.training.data.training_data import TrainingData
from plait.training.distributed.data_parallel_step import DataParallelStep
from plait.training.distributed.parallelize import parallelize
from plait.training.distributed.rng_streams import seed_dropout, seed_weights
from plait.training.distributed.step_strategy import StepStrategy, clip_gradients
from plait.training.distributed.worker_rank import SINGLE_WORKER, Worker
from plait.training.loop.divergence import (
    MAX_LOSS_FACTOR,
    check_trained_net,
    diverged_error,
    guessing_loss,
)
from plait.training.loop.hyper_parameters import HyperParameters
from plait.training.loop.step_loss import step_loss
from plait.training.loop.train_state import TrainState
from plait.training.loop.training_progress import ReportProgress, TrainingProgress
from plait.training.loop.validate_model import validate_net


def learning_rate(step: int, steps: int, warmup: int, floor: float) -> float:
    """Returns the share of the full rate at `step`: a linear warm-up, then a cosine to `floor`."""
    warmup = min(warmup, max(1, steps // 10))
    if step < warmup:
        return (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done))


REPORT_INTERVAL_S = 2.0  # seconds


@dataclass(frozen=True, eq=False)
class FittedNet:
    """A trained network with the EMA weights of the best epoch, and facts about its run.

    Attributes:
        net: the network with the EMA weights of the best epoch.
        epoch, metrics: the best epoch and its validation metrics.
        seconds, targets: as in TrainingProgress.
        loader_share: the share of the time spent waiting for the loader, 0 to 1.
        curve: the loss over the run, see LossCurve.
    """

    net: NeuralNet
    epoch: int
    metrics: dict[str, float]
    seconds: float
    targets: int
    loader_share: float
    curve: list[float]


def fit(
    data: TrainingData,
    hyper: HyperParameters,
    *,
    stop: int | None = None,
    worker: Worker = SINGLE_WORKER,
    report: ReportProgress | None = None,
    checkpoints: CheckpointWriter | None = None,
    net: NeuralNet | None = None,
    strategy: StepStrategy | None = None,
) -> FittedNet:
    """Returns the network trained on `data`.

    Args:
        data: the run's data, the same on every worker.
        hyper: hyper-parameters.
        stop: the epoch to stop after. The learning rate schedule is still that of
            `hyper.epochs`. A refit uses it; default: `hyper.epochs`.
        worker: this worker; default: a single worker on the CPU.
        report: called with the progress every two seconds and after each epoch, at the same
            steps on every worker.
        checkpoints: writes the checkpoints; the run resumes from the last one.
        net: the untrained network with its item features; default: `build_net(data, hyper)`.
        strategy: computes the gradients; default: data parallel.

    Raises:
        Diverged: a loss, gradient, weight or score is not finite, or an epoch was far worse
            than guessing. It is raised before a checkpoint of that state is written.
    """
    torch.set_flush_denormal(True)  # denormal EMA values slow a CPU down a hundredfold
    net = parallelize(net or build_net(data, hyper), worker)
    sampler = Sampler(data.history.lengths, hyper.batch_size, hyper.seed)
    strategy = strategy or DataParallelStep(worker)
    state = TrainState(net, hyper, sampler.steps_per_epoch * hyper.epochs, strategy)
    if checkpoints is not None:
        checkpoints.restore(state)
    start, told, last = time.monotonic() - state.seconds, state.seconds, stop or hyper.epochs
    waited, planned = state.waited, int((data.weight > 0).sum()) * hyper.epochs

    def tell(epoch: float, steps: int) -> None:
        if report is not None:
            report(
                TrainingProgress(
                    epoch, hyper.epochs, state.targets, planned, state.seconds,
                    state.loss / max(1, steps), state.early_stopping.newest,
                    state.early_stopping.epoch, _loader_share(state),
                )
            )  # fmt: skip

    def build(step: int) -> MicroBatch:
        views, rows = net.settings.views, sampler.rows(step)
        return build_micro_batch(data, hyper, views, step, rows, worker.rank, worker.world_size)

    def keep() -> None:
        if checkpoints is not None and worker.is_first:
            if name := state.non_finite_tensor():
                raise diverged_error(
                    f"'{name}' is not finite", hyper, state.step, sampler.steps_per_epoch
                )
            checkpoints.write(state)

    worst = MAX_LOSS_FACTOR * guessing_loss(data, hyper)
    should_stop, best_epoch = worker.broadcast(
        [state.early_stopping.should_stop, state.early_stopping.epoch]
    )
    loader = Prefetcher(
        build, state.step, state.step if should_stop else sampler.steps_per_epoch * last
    )
    for micro_batch in loader:
        rate = partial(learning_rate, warmup=hyper.warmup, floor=hyper.floor)
        for group in state.optimizer.param_groups:
            group["lr"] = hyper.learning_rate * rate(
                state.step, sampler.steps_per_epoch * hyper.epochs
            )
        fault = _train_step(
            state, micro_batch.to(worker.device), hyper, worker, time.monotonic() - start
        )
        if fault:
            raise diverged_error(fault, hyper, state.step + 1, sampler.steps_per_epoch)
        state.waited = waited + loader.seconds_waited
        epoch, number = divmod(state.step, sampler.steps_per_epoch)
        if number:
            # All workers must report at the same steps, so all use rank 0's clock.
            if state.seconds - told >= REPORT_INTERVAL_S:
                told = state.seconds
                tell(state.step / sampler.steps_per_epoch, number)
            if checkpoints is not None and checkpoints.is_due(state.seconds):
                keep()
            continue
        mean = state.loss / sampler.steps_per_epoch
        if mean > worst:
            guessing = worst / MAX_LOSS_FACTOR
            fault = f"the mean loss of an epoch is {mean:.4g}, guessing has {guessing:.4g},"
            raise diverged_error(fault, hyper, state.step, sampler.steps_per_epoch)
        if data.validation is None:
            state.early_stopping.update(state.ema.net, epoch, {})
        elif _should_validate(epoch, last):
            try:
                found = validate_net(state.ema.net, data, data.validation, worker)
            except NotFinite:
                fault = "the scores of the validation targets are not finite"
                raise diverged_error(fault, hyper, state.step, sampler.steps_per_epoch) from None
            state.early_stopping.update(state.ema.net, epoch, found)
        state.seconds = time.monotonic() - start
        tell(float(epoch), sampler.steps_per_epoch)
        state.loss = 0.0
        keep()
        should_stop, best_epoch = worker.broadcast(
            [state.early_stopping.should_stop, state.early_stopping.epoch]
        )
        if should_stop:
            break
    trained = state.early_stopping.restore(state.ema.net)
    if fault := check_trained_net(trained, data):
        raise diverged_error(fault, hyper, state.step, sampler.steps_per_epoch)
    return FittedNet(
        trained,
        best_epoch,
        state.early_stopping.metrics,
        state.seconds,
        state.targets,
        _loader_share(state),
        state.curve.points(),
    )


def build_net(data: TrainingData, hyper: HyperParameters) -> NeuralNet:
    """Returns an untrained network for `data`, with item features, seeded by `hyper.seed`."""
    seed_weights(hyper.seed)
    settings = net_settings_for(
        data.vocabulary,
        data.history,
        data.item_attributes,
        data.timeline,
        dimensions=hyper.dimensions,
        dropout=hyper.dropout,
        calendar=hyper.calendar,
    )
    net = NeuralNet(settings)
    net.set_item_features(data.timeline, data.item_attributes)
    net.items.learn_entities(data.vocabulary.entity)
    return net


def _train_step(
    state: TrainState, micro_batch: MicroBatch, hyper: HyperParameters, worker: Worker, clock: float
) -> str:
    """Does one step; returns "", or the fault that stopped it before the optimizer step."""
    net, device = state.net, worker.device
    net.train()
    seed_dropout(hyper.seed, micro_batch.step, worker.rank)
    state.optimizer.zero_grad(set_to_none=True)

    def loss(part: MicroBatch) -> torch.Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            return step_loss(net, part)

    totals = state.strategy.backward(net, micro_batch, loss, clock)
    for what, value in (("loss", totals.loss), ("norm of the gradient", totals.gradient_norm)):
        if not math.isfinite(value):
            return f"the {what} is {value}"
    clip_gradients(net, totals.gradient_norm, hyper.clip)
    state.optimizer.step()
    state.ema.update(net)
    state.curve.add(totals.loss)
    state.step, state.seconds = state.step + 1, totals.seconds
    state.targets, state.loss = state.targets + totals.targets, state.loss + totals.loss
    return ""


def _loader_share(state: TrainState) -> float:
    return state.waited / max(state.seconds, 1e-9)


def _should_validate(epoch: int, last: int) -> bool:
    """Whether to validate after `epoch`; most early epochs of a long run are skipped."""
    return epoch == last or last <= 8 or epoch > last * 0.6 or epoch % 4 == 0
