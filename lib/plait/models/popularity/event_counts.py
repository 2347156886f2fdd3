"""How often each item was chosen: the humblest baseline and the list for strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from plait.features.history import History


def count_events(history: History, items: int) -> npt.NDArray[np.float64]:
    """Returns the events on each item of `history`, [items].

    Args:
        history: encoded histories of B people, N events.
        items: columns, one more than the largest item index.
    """
    return np.bincount(history.item, minlength=items).astype(np.float64)
