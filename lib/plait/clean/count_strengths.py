"""Counts the dwells and ratings that the strengths of a project are learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from plait.clean.strength_histogram import STRENGTH_BINS, count_strength_bins
from plait.config import Project


@dataclass(frozen=True)
class StrengthCounter:
    """Counts the dwells and ratings of events, whose sums are what strengths are learned from.

    Attributes:
        scales: the worst and the best rating of each platform that learns.
        cut: only events before it are counted; null: all.
    """

    scales: Mapping[str, tuple[float, float]]
    cut: datetime | None = None

    @classmethod
    def of(cls, project: Project, cut: datetime | None) -> StrengthCounter:
        """Returns the counter of a project."""
        return cls(
            {
                name: (platform.rating_scale.worst, platform.rating_scale.best)
                for name, platform in project.platforms.items()
                if platform.strength.learns
            },
            cut,
        )

    def __bool__(self) -> bool:
        return bool(self.scales)

    def __call__(self, events: pl.DataFrame) -> pl.DataFrame:
        """Returns STRENGTH_BINS of `events`: platform, type, time, dwell_s, rating."""
        parts = [pl.DataFrame(schema=STRENGTH_BINS)]
        for name, (worst, best) in self.scales.items():
            here = events.filter(pl.col("platform") == name)
            parts.append(count_strength_bins(here, worst, best, self.cut))
        return pl.concat(parts)
