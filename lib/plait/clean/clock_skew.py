"""What becomes of events stamped after they were received: their clock was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from plait.clean.parse_times import MAX_CLOCK_AHEAD

CLOCK_TOLERANCE = timedelta(minutes=1)  # clocks of two machines differ by as much
_SHRINK = 1_000_000  # a day of wrong stamps takes 86 ms: their order stays


@dataclass(frozen=True)
class ReceiptTime:
    """When rows were received: none of them can have happened later.

    Attributes:
        at: that moment.
        early: where it is only the latest that is possible, such as the time of a file's last
            write: how much earlier a stamp of a wrong clock is placed, so that it does not stand
            before what other clocks stamped in the meantime.
    """

    at: datetime
    early: timedelta = timedelta()

    def latest(self, now: datetime) -> datetime:
        """Returns the moment after which a time is not that of an event."""
        return max(now, self.at + MAX_CLOCK_AHEAD)

    def correct_times(self, times: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Returns the times, none ahead of the receipt, and what was stamped where one was.

        Times up to a day ahead are taken back, and keep their order. A time further ahead is no
        time (see `latest`), or it says that the receipt is not to be trusted: an unpacked archive
        may date its files long before their last rows.
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
