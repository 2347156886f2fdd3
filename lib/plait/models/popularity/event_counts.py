"""Event counts of items, for the popularity baseline and for cold-start people."""

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
    """Returns the number of events on each item of `history`, [items].

    Args:
        history: encoded histories of B people, N events.
        items: size of the result, one more than the largest item index.
    """
    return np.bincount(history.item, minlength=items).astype(np.float64)


def save_event_counts(counts: npt.NDArray[np.float64], folder: Path) -> None:
    """Writes `counts` [items] into `folder`."""
    save_file({"counts": counts.astype(np.int64)}, folder / EVENT_COUNTS_FILE)


def load_event_counts(folder: Path, items: int) -> npt.NDArray[np.float64]:
    """Returns the counts saved in `folder`, [items].

    Raises:
        ValueError: the file does not have `items` counts, or a count is below 0.
    """
    counts = load_file(folder / EVENT_COUNTS_FILE)["counts"]
    if counts.shape != (items,) or (counts < 0).any():
        msg = f"{EVENT_COUNTS_FILE} is not of {items - 1} items"
        raise ValueError(msg)
    return counts.astype(np.float64)
