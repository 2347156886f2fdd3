"""Scores of a model with one term, plus the dislike term."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from plait.features.history import History
from plait.features.likes_and_dislikes import Dislikes
from plait.models.item_scores import DISLIKE, DISLIKED_ITEM_PENALTY


@dataclass(frozen=True, eq=False)
class OneTermScores:
    """ItemScores of a single term, stored as a dense array.

    Attributes:
        name: name of the term.
        values: values of the term, never below 0, [B, N_p].
        dislike: see ItemScores.
    """

    name: str
    values: torch.Tensor
    dislike: torch.Tensor | None = None

    @classmethod
    def of(
        cls, name: str, values: torch.Tensor, history: History, own: np.ndarray
    ) -> OneTermScores:
        """Returns the scores; items that a person dislikes score below all others.

        Args:
            name: name of the term.
            values: values of the term, never below 0, [B, N_p].
            history: histories of the B people, for their dislikes.
            own: vocabulary indices of the platform's items, ascending, [N_p].
        """
        dislikes = Dislikes.of(history)
        column = np.searchsorted(own, dislikes.item)
        here = (column < len(own)) & (own[np.minimum(column, len(own) - 1)] == dislikes.item)
        if not here.any():
            return cls(name, values)
        rows, columns = (torch.from_numpy(i[here]) for i in (dislikes.row, column))
        dislike = torch.zeros(values.shape)
        dislike[rows, columns] = -values[rows, columns] - DISLIKED_ITEM_PENALTY
        return cls(name, values, dislike)

    @cached_property
    def total(self) -> torch.Tensor:
        """See ItemScores."""
        return self.values if self.dislike is None else self.values + self.dislike

    def terms(self) -> dict[str, torch.Tensor]:
        """See ItemScores."""
        none = torch.zeros_like(self.values) if self.dislike is None else self.dislike
        return {self.name: self.values, DISLIKE: none}

    def terms_of(self, columns: torch.Tensor) -> dict[str, torch.Tensor]:
        """See ItemScores."""
        return {name: term.gather(1, columns) for name, term in self.terms().items()}
