"""How often each item was chosen: the humblest baseline, and the list of cold-start people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

if TYPE_CHECKING:
    from plait.features.history import History

EVENT_COUNTS_FILE = "event_counts.safetensors"


def count_events(history: History, items: int) -> npt.NDArray[np.float64]:
    """Returns the events on each item of `history`, [items].

    Args:
        history: encoded histories of B people, N events.
        items: columns, one more than the largest item index.
    """
    return np.bincount(history.item, minlength=items).astype(np.float64)


def save_event_counts(counts: npt.NDArray[np.float64], folder: Path) -> None:
    """Writes the counts of [items] into `folder`."""
    save_file({"counts": counts.astype(np.int64)}, folder / EVENT_COUNTS_FILE)


def load_event_counts(folder: Path, items: int) -> npt.NDArray[np.float64]:
    """Returns the counts written into `folder`, [items].

    Raises:
        ValueError: there are more or fewer than `items`, or one is below 0.
    """
    counts = load_file(folder / EVENT_COUNTS_FILE)["counts"]
    if counts.shape != (items,) or (counts < 0).any():
        msg = f"{EVENT_COUNTS_FILE} is not of {items - 1} items"
        raise ValueError(msg)
    return counts.astype(np.float64)
