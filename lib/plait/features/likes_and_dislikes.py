"""The positive events of a history, and the dislikes that still hold at its end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plait.features.history import History

# A dislike holds until the person has an event with the item of at least this strength: like,
# share, save, comment, cart, follow, purchase or a high rating. A view is not enough.
REVOKING_STRENGTH = 0.8


def keep_positive_events(history: History) -> History:
    """Returns the history without events of zero or negative strength."""
    return history.keep(history.strength > 0)


@dataclass(frozen=True, eq=False)
class Dislikes:
    """P pairs of a person and an item that they dislike, each pair once.

    Attributes:
        row: the person's row in the history, int64 [P].
        item: vocabulary index, int64 [P].
        strength: strength of the dislike, above 0 and up to 1, float32 [P].
    """

    row: np.ndarray
    item: np.ndarray
    strength: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def of(cls, history: History) -> Dislikes:
        """Returns the dislikes that hold at the end of each history, without revoked ones."""
        if not (history.strength < 0).any():
            none = np.zeros(0, np.int64)
            return cls(none, none, np.zeros(0, np.float32))
        pairs = history.rows.astype(np.int64) << 32 | history.item
        pair, place = np.unique(pairs, return_inverse=True)
        event = np.arange(len(pairs))
        # A history's strengths are float32, so 0.8 must be rounded to float32 to compare equal.
        lifts = history.strength >= np.float32(REVOKING_STRENGTH)
        lifted = np.full(len(pair), -1)
        np.maximum.at(lifted, place[lifts], event[lifts])
        holds = (history.strength < 0) & (event > lifted[place])
        strength = np.zeros(len(pair), np.float32)
        np.maximum.at(strength, place[holds], -history.strength[holds])
        held = np.flatnonzero(strength > 0)
        return cls(pair[held] >> 32, pair[held] & 0xFFFFFFFF, strength[held])
