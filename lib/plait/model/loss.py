"""Softmax cross-entropy of the item that came next, within its platform."""

from __future__ import annotations

import torch
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

    Uniform negatives need no correction: each stands for equally many items. A negative that
    is the position's own target is left out.

    Args:
        people: a(x), [n, K].
        targets: b(y) of each position's target, [n, K].
        negatives: b(y) of the negatives, [m, K].
        target: index of each target, [n].
        negative: index of each negative, [m].
    """
    right = (people * targets).sum(dim=1, keepdim=True)
    wrong = people @ negatives.T
    wrong = wrong.masked_fill(target[:, None] == negative[None, :], float("-inf"))
    return torch.logsumexp(torch.cat([right, wrong], dim=1), dim=1) - right[:, 0]
