"""The neural model's scores: inner products of person and item vectors, plus two other terms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch

from plait.models.item_scores import DISLIKE, ITEM_ITEM
from plait.models.neural.net import TermVectors, concatenate_terms


def join_blocks(parts: list[torch.Tensor]) -> torch.Tensor:
    """Returns the parts of all blocks concatenated, [B, N_p] from parts [B, n]."""
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


@dataclass(frozen=True, eq=False)
class SeparableScores:
    """ItemScores of B people and the N_p items of a platform.

    Attributes:
        people: a(x) of every separable term, each [B, d].
        items: b(y) of every separable term, each [N_p, d].
        joined: the terms of `items` concatenated and transposed, [K, n] per block of the
            vocabulary. The last bits of a matrix product depend on its width. So each block has
            its own product, and appended items do not change other scores.
        item_item: the item-item term, dense, [B, N_p]; None if its weight is 0.
        dislike: the dislike term, never above 0, [B, N_p]; None if no person has a dislike.
    """

    people: TermVectors
    items: TermVectors
    joined: tuple[torch.Tensor, ...]
    item_item: torch.Tensor | None
    dislike: torch.Tensor | None = None

    @cached_property
    def total(self) -> torch.Tensor:
        """The score: the sum of all terms; higher is better, float32 [B, N_p]."""
        with torch.inference_mode():
            people = concatenate_terms(self.people)
            total = join_blocks([people @ part for part in self.joined])
            for term in (self.item_item, self.dislike):
                if term is not None:
                    total.add_(term)
            return total

    def terms(self) -> dict[str, torch.Tensor]:
        """Returns the terms that add up to `total`, each [B, N_p]."""
        with torch.inference_mode():
            widths = [part.shape[1] for part in self.joined]
            parts = {
                name: join_blocks([a @ b.T for b in self.items[name].split(widths)])
                for name, a in self.people.items()
            }
        return self._all_terms(parts, self.item_item, self.dislike)

    def terms_of(self, columns: torch.Tensor) -> dict[str, torch.Tensor]:
        """Returns the terms of `total` at `columns` [B, k], each [B, k]."""
        with torch.inference_mode():
            parts = {
                name: torch.einsum("bd,bkd->bk", self.people[name], self.items[name][columns])
                for name in self.people
            }
            chosen = [
                None if term is None else term.gather(1, columns)
                for term in (self.item_item, self.dislike)
            ]
        return self._all_terms(parts, *chosen)

    def _all_terms(
        self, parts: TermVectors, item_item: torch.Tensor | None, dislike: torch.Tensor | None
    ) -> TermVectors:
        # The term is always present, so that a person's terms do not depend on the batch.
        none = torch.zeros_like(next(iter(parts.values()))) if dislike is None else dislike
        return parts | ({} if item_item is None else {ITEM_ITEM: item_item}) | {DISLIKE: none}
