"""The loss over a run, in a bounded number of points."""

from __future__ import annotations

POINTS = 256


class LossCurve:
    """Means of the loss over windows of equally many steps; one step each in a short run.

    Args:
        steps: how many steps the run has at most.
    """

    def __init__(self, steps: int) -> None:
        self._window = max(1, -(-steps // POINTS))
        self.losses: list[float] = []  # of the window that is not full yet
        self.means: list[float] = []

    def add(self, loss: float) -> None:
        """Takes in the loss of one more step."""
        self.losses.append(loss)
        if len(self.losses) == self._window:
            self.means.append(sum(self.losses) / self._window)
            self.losses = []

    def points(self) -> list[float]:
        """Returns the means so far, rounded to 7 digits after the point."""
        return [round(mean, 7) for mean in self.means]
