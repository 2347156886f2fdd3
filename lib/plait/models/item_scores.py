"""Scores of one platform's items for a batch of people, and the terms that add up to them."""

from __future__ import annotations

from typing import Protocol

import torch

from plait.errors import NotFinite

ITEM_ITEM, DISLIKE = "item_item", "dislike"
# Scores are logits, so this makes a disliked item exp(10) = 22,000 times less likely.
DISLIKED_ITEM_PENALTY = 10.0


def check_scores(scores: torch.Tensor, platform: str) -> torch.Tensor:
    """Returns `scores` if all are finite.

    A NaN compares false with every score, so a ranking with one would be wrong.

    Args:
        scores: scores of any shape.
        platform: the platform of the items, for the error message.

    Raises:
        NotFinite: a score is a NaN or infinite.
    """
    finite = torch.isfinite(scores)
    if not finite.all():
        raise not_finite_error(f"{int((~finite).sum()):,} of {scores.numel():,} scores", platform)
    return scores


def not_finite_error(what: str, platform: str) -> NotFinite:
    """Returns the error for a model with scores on `platform` that are not finite."""
    return NotFinite(
        f"{what} on platform '{platform}' are not finite numbers: the model's weights are broken.",
        fix="Train again with a smaller train.learning_rate; if it is published already, go back "
        "with `plait models rollback`.",
    )


class ItemScores(Protocol):
    """R(x, y) of B people and the N_p items of a platform.

    Column j is the item `vocabulary.platform_items(platform)[j]`. The term DISLIKE is always
    among the terms.
    """

    @property
    def total(self) -> torch.Tensor:
        """The score: the sum of all terms; higher is better, float32 [B, N_p]."""

    @property
    def dislike(self) -> torch.Tensor | None:
        """The dislike term, never above 0, [B, N_p]; None if no person has a dislike."""

    def terms(self) -> dict[str, torch.Tensor]:
        """Returns the terms that add up to `total`, each [B, N_p]."""

    def terms_of(self, columns: torch.Tensor) -> dict[str, torch.Tensor]:
        """Returns the terms of `total` at `columns` [B, k], each [B, k]."""
