"""The learning rate over a run."""

from __future__ import annotations

import math


def learning_rate(step: int, steps: int, warmup: int, floor: float) -> float:
    """Returns the part of the full rate at `step`: a linear warm-up, then a cosine to `floor`."""
    warmup = min(warmup, max(1, steps // 10))
    if step < warmup:
        return (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done))
