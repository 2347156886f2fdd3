"""Histograms of dwells and ratings, and the parameters of strengths that are learned from them.

A histogram has fixed bins. So it is a partial aggregate: it does not depend on the order of rows or
on how they are divided. Parameters are multiples of a bin, so a few more rows rarely change them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

DWELL_TYPES = ("view", "click", "play", "watch", "read")
STRENGTH_BINS = {
    "platform": pl.String(),
    "type": pl.String(),
    "bin": pl.Int64(),
    "n": pl.Int64(),
}
BINS_PER_OCTAVE = 4  # bins of the binary logarithm of a dwell in seconds
_FIRST_BIN, _LAST_BIN = -16, 68  # 1/16 second, and more than a day
_RATING_BINS = 50  # bins of a rating's place on the scale, 0 to 1
_MIN_DWELLS = 50  # fewer dwells of a type are not a distribution
_MIN_RATINGS = 20
_DEVIATION = (0.1, 0.5)  # limits of the deviation of a platform's ratings


@dataclass(frozen=True)
class DwellScale:
    """The usual dwell of one event type on one platform, in bins of log2 of the seconds.

    Attributes:
        middle: the median.
        spread: the difference of the quartiles, at least one bin.
    """

    middle: int
    spread: int


@dataclass(frozen=True)
class OpinionScale:
    """The usual rating on one platform, as a place on its scale, 0 (worst) to 1 (best).

    Attributes:
        mean: the mean.
        deviation: the standard deviation, 0.1 to 0.5. Ratings are bounded, so it is robust.
    """

    mean: float
    deviation: float


@dataclass(frozen=True)
class StrengthParameters:
    """What is learned from the log of one platform.

    Attributes:
        dwell: the dwell scale of each event type that has enough dwells.
        opinion: the scale of ratings; null if there are too few.
    """

    dwell: Mapping[str, DwellScale]
    opinion: OpinionScale | None

    def to_record(self) -> dict[str, Any]:
        """Returns the parameters as JSON values."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> StrengthParameters:
        """Returns the parameters in a `record`."""
        opinion = record["opinion"]
        return cls(
            {kind: DwellScale(**scale) for kind, scale in record["dwell"].items()},
            None if opinion is None else OpinionScale(**opinion),
        )


def count_strength_bins(
    events: pl.DataFrame, worst: float, best: float, before: datetime | None
) -> pl.DataFrame:
    """Returns STRENGTH_BINS of `events`, a partial aggregate.

    Args:
        events: platform, type, time, dwell_s, rating. Dwells and ratings that are null, negative
            or not finite are not counted.
        worst: the worst rating.
        best: the best rating.
        before: only events before this time are counted, if it is set; none without a time.
    """
    if before is not None:
        events = events.filter(pl.col("time") < before)
    dwell, rating = pl.col("dwell_s"), pl.col("rating")
    dwelt = events.filter(pl.col("type").is_in(DWELL_TYPES) & dwell.is_finite() & (dwell >= 0))
    rated = events.filter((pl.col("type") == "rate") & rating.is_finite())
    places = (place_on_scale(worst, best) * _RATING_BINS).round()
    found = pl.concat(
        [
            dwelt.select("platform", "type", bin=dwell_bins().floor().cast(pl.Int64)),
            rated.select("platform", "type", bin=places.cast(pl.Int64)),
        ]
    )
    return found.group_by("platform", "type", "bin").agg(n=pl.len().cast(pl.Int64))


def merge_strength_bins(partials: pl.DataFrame) -> pl.DataFrame:
    """Returns the sum of partial STRENGTH_BINS, sorted, without the bins that nothing is in."""
    merged = partials.group_by("platform", "type", "bin").agg(pl.col("n").sum())
    return merged.filter(pl.col("n") != 0).sort("platform", "type", "bin")


def learn_parameters(bins: pl.DataFrame) -> dict[str, StrengthParameters]:
    """Returns the parameters of each platform in `bins` (STRENGTH_BINS)."""
    learned = {}
    for (platform,), part in (
        bins.sort("type", "bin").partition_by("platform", as_dict=True).items()
    ):
        dwell: dict[str, DwellScale] = {}
        opinion = None
        for (kind,), counts in part.partition_by("type", as_dict=True).items():
            places, n = counts["bin"].to_numpy(), counts["n"].to_numpy()
            if kind == "rate":
                opinion = _opinion_scale(places, n)
            elif n.sum() >= _MIN_DWELLS:
                low, middle, high = (_quantile(places, n, q) for q in (0.25, 0.5, 0.75))
                dwell[str(kind)] = DwellScale(middle, max(1, high - low))
        learned[str(platform)] = StrengthParameters(dwell, opinion)
    return learned


def dwell_bins() -> pl.Expr:
    """Returns the bin of `dwell_s`, with its fraction."""
    return (pl.col("dwell_s").log(2) * BINS_PER_OCTAVE).clip(_FIRST_BIN, _LAST_BIN)


def place_on_scale(worst: float, best: float) -> pl.Expr:
    """Returns the place of `rating` on its scale: 0 is the worst, 1 the best."""
    return ((pl.col("rating") - worst) / (best - worst)).clip(0, 1)


def _opinion_scale(places: np.ndarray, n: np.ndarray) -> OpinionScale | None:
    """Returns the mean and the deviation, rounded to bins; sums of integers have no order."""
    total = int(n.sum())
    if total < _MIN_RATINGS:
        return None
    mean = int((places * n).sum()) / total
    variance = int((places * places * n).sum()) / total - mean * mean
    deviation = round(max(variance, 0.0) ** 0.5) / _RATING_BINS
    return OpinionScale(
        round(mean) / _RATING_BINS, min(max(deviation, _DEVIATION[0]), _DEVIATION[1])
    )


def _quantile(places: np.ndarray, n: np.ndarray, q: float) -> int:
    """Returns the first bin that has at least the share `q` of all values at or below it."""
    return int(places[np.searchsorted(np.cumsum(n), q * n.sum())])
