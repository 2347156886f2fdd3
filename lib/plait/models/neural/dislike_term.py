"""The dislike term: lowers the scores of disliked items and of items like them.

The term is -w log(1 + sum of strength times likeness) over a person's dislikes, with a likeness
from 0 to 1. Its sign is fixed, so a dislike never raises an item, whatever the model learned. The
disliked item itself loses DISLIKED_ITEM_PENALTY more. Negative events enter no other term.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy import sparse
from torch.nn import functional as F

from plait.features.likes_and_dislikes import Dislikes
from plait.models.item_scores import DISLIKED_ITEM_PENALTY
from plait.models.neural.net import NeuralNet

DISLIKE_WEIGHT = 1.5
_CELLS = 8_000_000  # likenesses held at once, 32 MB


class ItemLikeness:
    """The likeness of items, 0 to 1.

    The likeness of two items is the larger of two numbers. One is their item-item cosine. The
    other is the square of the cosine of their input vectors, or 0 if the cosine is negative.

    Args:
        net: the network with the items' input vectors.
        neighbours: item-item cosines, sparse [items, items].
        block_ends: blocks of the vocabulary; appended blocks do not change the likeness of
            earlier items.
    """

    def __init__(
        self, net: NeuralNet, neighbours: sparse.csr_array, block_ends: Sequence[int]
    ) -> None:
        self._neighbours = neighbours
        with torch.inference_mode():
            device = net.edges.device
            index = torch.arange(net.settings.items, device=device)
            blocks = [
                torch.cat(
                    [net.items.input_vectors(part) for part in torch.split(block, 4096)]
                ).float()
                for block in torch.split(index, np.diff([0, *block_ends]).tolist())
            ]
            # The mean of all items is removed, because it does not tell items apart.
            shared = blocks[0][1:].mean(0)
            self._vectors = torch.cat([F.normalize(block - shared, dim=1) for block in blocks])

    def of(self, item: np.ndarray, others: np.ndarray) -> torch.Tensor:
        """Returns the likeness of the items at indices `item` [n] to `others` [m], [n, m]."""
        with torch.inference_mode():
            one, two = (torch.from_numpy(np.asarray(i, np.int64)) for i in (item, others))
            cosine = self._vectors[one] @ self._vectors[two].T
            alike = cosine.clamp_(0, 1).square_()
            together = self._neighbours[item][:, others].toarray()
            alike = torch.maximum(alike, torch.from_numpy(together).to(alike))
            return alike.masked_fill_((one[:, None] == two).to(alike.device), 1.0)


def dislike_term(
    dislikes: Dislikes, people: int, others: np.ndarray, likeness: ItemLikeness
) -> torch.Tensor:
    """Returns the dislike term for all `people`, never above 0, [people, m].

    Args:
        dislikes: dislikes of people of the batch.
        people: number of people in the batch.
        others: vocabulary indices of items of a platform, ascending, [m].
        likeness: likeness of the model's items.
    """
    item, place = np.unique(dislikes.item, return_inverse=True)
    row, who = np.unique(dislikes.row, return_inverse=True)
    strength = sparse.csr_array(
        (dislikes.strength, (who, place)), shape=(len(row), len(item)), dtype=np.float32
    )
    total = torch.zeros(len(row), len(others))
    step = max(1, _CELLS // max(1, len(others)))
    for first in range(0, len(item), step):
        part = slice(first, first + step)
        alike = likeness.of(item[part], others).cpu().numpy()
        total += torch.from_numpy(strength[:, part] @ alike)
    total.log1p_().mul_(-DISLIKE_WEIGHT)
    column = np.searchsorted(others, dislikes.item)
    here = (column < len(others)) & (others[np.minimum(column, len(others) - 1)] == dislikes.item)
    total[torch.from_numpy(who[here]), torch.from_numpy(column[here])] -= DISLIKED_ITEM_PENALTY
    term = torch.zeros(people, len(others))
    term[torch.from_numpy(row)] = total
    return term
