"""The state of a training run: weights, their EMA, optimizer and loss curve."""

from __future__ import annotations

import copy
from typing import Any

import torch

from plait.models.neural.net import NeuralNet
from plait.training.distributed.step_strategy import StepStrategy
from plait.training.loop.early_stopping import EarlyStopping
from plait.training.loop.hyper_parameters import HyperParameters


class WeightEMA:
    """An exponential moving average of a network's parameters over `steps` updates."""

    def __init__(self, net: NeuralNet, decay: float) -> None:
        self.net = copy.deepcopy(net).eval().requires_grad_(False)
        self.steps = 0
        self._decay = decay

    @torch.no_grad()
    def update(self, net: NeuralNet) -> None:
        """Moves the EMA towards `net`; the decay is smaller in the first steps."""
        self.steps += 1
        decay = min(self._decay, self.steps / (self.steps + 9))
        mine: list[torch.Tensor] = list(self.net.parameters())
        torch._foreach_lerp_(mine, [p.detach() for p in net.parameters()], 1 - decay)


MAX_POINTS = 256


class LossCurve:
    """Means of the loss over windows of equally many steps, about MAX_POINTS windows at most.

    In a run of at most MAX_POINTS steps, a window is one step.

    Args:
        steps: the maximum number of steps of the run.
    """

    def __init__(self, steps: int) -> None:
        self._window = max(1, -(-steps // MAX_POINTS))
        self.losses: list[float] = []  # of the window that is not full yet
        self.means: list[float] = []

    def add(self, loss: float) -> None:
        """Adds the loss of one more step."""
        self.losses.append(loss)
        if len(self.losses) == self._window:
            self.means.append(sum(self.losses) / self._window)
            self.losses = []

    def points(self) -> list[float]:
        """Returns the means so far, rounded to 7 decimal places."""
        return [round(mean, 7) for mean in self.means]


Tensors = dict[str, torch.Tensor]
PlainState = dict[str, Any]


class TrainState:
    """The state of a run between two steps.

    It holds no RNG state, because the RNG streams need none; see rng_streams.

    Args:
        net: the network, with its item features already set.
        hyper: hyper-parameters.
        steps: planned steps of all epochs.
        strategy: computes the gradients.

    Attributes:
        net, optimizer, ema, early_stopping, curve, strategy: the parts of the state.
        step: steps done, which is also the sampler's position.
        targets: targets trained so far, over all workers.
        seconds: seconds trained so far, over all restarts.
        waited: the part of `seconds` spent waiting for the loader.
        loss: sum of this epoch's losses so far.
    """

    def __init__(
        self, net: NeuralNet, hyper: HyperParameters, steps: int, strategy: StepStrategy
    ) -> None:
        self.net = net
        self.strategy = strategy
        self.optimizer = _optimizer(net, hyper)
        self.ema = WeightEMA(net, hyper.average)
        self.early_stopping = EarlyStopping(hyper.patience)
        self.curve = LossCurve(steps)
        self.step, self.targets = 0, 0
        self.seconds, self.waited, self.loss = 0.0, 0.0, 0.0

    def capture(self) -> tuple[Tensors, PlainState]:
        """Returns the state; the tensors are the state's own, not copies."""
        tensors: Tensors = {f"average/{n}": p for n, p in self.ema.net.named_parameters()}
        tensors |= {f"best/{n}": p for n, p in self.early_stopping.best_weights.items()}
        for name, p in self.net.named_parameters():
            tensors[f"net/{name}"] = p.detach()
            for kind, value in self.optimizer.state.get(p, {}).items():
                tensors[f"{kind}/{name}"] = value
        stopping, curve = self.early_stopping, self.curve
        facts: PlainState = {
            "step": self.step,
            "targets": self.targets,
            "seconds": self.seconds,
            "waited": self.waited,
            "loss": self.loss,
            "average": self.ema.steps,
            "best": {
                name: getattr(stopping, name) for name in ("epoch", "since", "metrics", "newest")
            },
            "curve": {"means": curve.means, "losses": curve.losses},
        }
        if kept := self.strategy.capture():
            facts["strategy"] = kept
        return tensors, facts

    def non_finite_tensor(self) -> str:
        """Returns the name of the first tensor that is not finite, or ""."""
        tensors = self.capture()[0]
        fine = torch.stack([torch.isfinite(t).all().to("cpu") for t in tensors.values()])
        return next((name for name, ok in zip(tensors, fine.tolist(), strict=True) if not ok), "")

    @torch.no_grad()
    def restore(self, tensors: Tensors, facts: PlainState) -> None:
        """Restores the state that `capture` returned.

        Raises:
            KeyError, ValueError, TypeError, RuntimeError: the state is that of another
                network, or is not a state.
        """
        averages = dict(self.ema.net.named_parameters())
        parameters = dict(self.net.named_parameters())
        self.early_stopping.best_weights = {}
        for path, value in tensors.items():
            part, name = path.split("/", 1)
            p = parameters[name]
            if part == "net":
                p.copy_(value)
            elif part == "average":
                averages[name].copy_(value)
            elif part == "best":
                self.early_stopping.best_weights[name] = value.to(p.device)
            else:
                self.optimizer.state[p][part] = value.to(p.device)
        for name in ("step", "targets", "seconds", "waited", "loss"):
            setattr(self, name, facts[name])
        self.ema.steps = facts["average"]
        for name, value in facts["best"].items():
            setattr(self.early_stopping, name, value)
        self.curve.means = list(facts["curve"]["means"])
        self.curve.losses = list(facts["curve"]["losses"])
        self.strategy.restore(facts.get("strategy", {}))


def _optimizer(net: NeuralNet, hyper: HyperParameters) -> torch.optim.AdamW:
    """Returns AdamW with weight decay on all parameters.

    The gains of the norms decay too, because they set how sharp the scores are.
    """
    return torch.optim.AdamW(
        net.parameters(), lr=hyper.learning_rate, weight_decay=hyper.weight_decay, fused=True
    )
