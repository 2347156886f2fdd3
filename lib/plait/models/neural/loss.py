"""Softmax cross-entropy of the next item, within its platform."""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def full_softmax(people: torch.Tensor, items: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Returns the loss of each position, [n], against every item of the platform.

    Args:
        people: a(x), [n, K].
        items: b(y) of all items, [m, K].
        target: row of the target in `items`, [n].
    """
    return F.cross_entropy(people @ items.T, target, reduction="none")


def sampled_softmax(
    people: torch.Tensor,
    targets: torch.Tensor,
    negatives: torch.Tensor,
    target: torch.Tensor,
    negative: torch.Tensor,
) -> torch.Tensor:
    """Returns the loss of each position, [n], against negatives that the batch shares.

    Uniform negatives need no correction, because each represents equally many items. A negative
    that equals the position's own target is left out.

    Args:
        people: a(x), [n, K].
        targets: b(y) of each position's target, [n, K].
        negatives: b(y) of the negatives, [m, K].
        target: index of each target, [n].
        negative: index of each negative, ascending, [m].
    """
    right = (people * targets).sum(dim=1).float()
    column = torch.searchsorted(negative.contiguous(), target.contiguous()).clamp_(
        max=len(negative) - 1
    )
    row = torch.nonzero(negative[column] == target).squeeze(1)
    scores = (people @ negatives.T).float()
    with torch.no_grad():
        scores[row, column[row]] = float("-inf")
    wrong: torch.Tensor = _LogSumExp.apply(scores)  # type: ignore[no-untyped-call]
    # log(exp(right) + exp(wrong)) - right
    return F.softplus(wrong - right)


class _LogSumExp(torch.autograd.Function):
    """`torch.logsumexp` over rows in half as many passes, finite even for a row of only -inf."""

    @staticmethod
    def forward(ctx: Any, scores: torch.Tensor) -> torch.Tensor:
        limits = torch.finfo(scores.dtype)
        peak = scores.amax(dim=1, keepdim=True).clamp_(min=limits.min)
        parts = (scores - peak).exp_()
        total = parts.sum(dim=1).clamp_(min=limits.tiny)
        ctx.save_for_backward(parts, total)
        return total.log() + peak[:, 0]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        parts, total = ctx.saved_tensors
        gradient: torch.Tensor = parts * (grad / total)[:, None]
        return gradient
