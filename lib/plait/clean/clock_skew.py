"""Corrects the times of events that are stamped after their receipt, by a wrong clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from plait.clean.parse_times import MAX_CLOCK_AHEAD

CLOCK_TOLERANCE = timedelta(minutes=1)  # usual difference between the clocks of two machines
_SHRINK = 1_000_000  # a day of wrong stamps is shrunk to 86 ms, which keeps their order


@dataclass(frozen=True)
class ReceiptTime:
    """When rows were received. None of their events can have happened later.

    Attributes:
        at: the time of receipt, or the latest possible one, such as the last write of a file.
        early: how long before `at` a stamp from a wrong clock is placed. It is positive if `at` is
            only the latest possible time of receipt.
    """

    at: datetime
    early: timedelta = timedelta()

    def latest(self, now: datetime) -> datetime:
        """Returns the time after which the time of an event is rejected."""
        return max(now, self.at + MAX_CLOCK_AHEAD)

    def correct_times(self, times: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Returns the corrected times, and the original of each corrected one, else null.

        Times up to a day after the receipt are moved before it, and keep their order. Later times
        are not changed. Either they are rejected (see `latest`), or the receipt is wrong, because
        an unpacked archive may date its files long before their last rows.
        """
        ahead = ((times > self.at) & (times <= self.at + MAX_CLOCK_AHEAD)).fill_null(value=False)
        stamped = times.set(~ahead, None)
        if not ahead.any():
            return times, stamped
        lead = pl.col("time") - pl.lit(self.at)
        rest = pl.duration(
            microseconds=(pl.lit(MAX_CLOCK_AHEAD) - lead).dt.total_microseconds() // _SHRINK
        )
        early = (
            pl.when(lead > CLOCK_TOLERANCE).then(pl.lit(self.early)).otherwise(pl.lit(timedelta()))
        )
        placed = pl.when("ahead").then(pl.lit(self.at) - early - rest).otherwise("time")
        frame = pl.DataFrame({"time": times, "ahead": ahead})
        return frame.select(placed.cast(times.dtype).alias(times.name)).to_series(), stamped
