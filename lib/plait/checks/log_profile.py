"""What is counted in a log while it is read: sums that may be added in any order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import reduce

import polars as pl

from plait.checks.hash_sample import HashSample
from plait.checks.log_finding import EXAMPLES

ACCOUNT_COUNTS = {"account": pl.String(), "home": pl.String(), "events": pl.Int64()}
ITEM_COUNTS = {"item": pl.String(), "events": pl.Int64()}
FAULTS = {
    "reason": pl.String(), "field": pl.String(), "file": pl.String(), "row": pl.Int64(),
    "value": pl.String(),
}  # fmt: skip
SPELLINGS = {"folded": pl.UInt64(), "raw": pl.UInt64()}
MAX_WORDS = 1000  # type words that are counted; the column of a log with more has no types


@dataclass
class LogProfile:
    """The sums over the rows of one log.

    Memory grows with the distinct accounts and items, not with the rows.

    Attributes:
        rows: rows read.
        counts: what became of the rows, as ROW_COUNTS name it, and what was noted.
        faults: up to EXAMPLES rows of FAULTS for each reason and field, masked as in quarantine.
        fault_counts: rows by (reason, field).
        words: rows by type word of the log.
        types: events by event type.
        accounts: ACCOUNT_COUNTS (pseudonyms), one row per account.
        items: ITEM_COUNTS, one row per item (the platform's own id).
        named: events whose account is one of DEFAULT_ACCOUNTS, by that word.
        spellings: hashes of each account in lower case and as written, without repeats.
        account_shapes: rows whose account has a shape of ODD_SHAPES, by shape.
        days: events by day (UTC).
        midnights: events at midnight (UTC).
        earliest, latest: the range of times; null without times.
        repeats: a sample of the events' ids, for the share of duplicates.
        dwell: events by rounded dwell in seconds.
        ratings: events by rating.
        values: events with a value, and `no_currency`, those without a currency.
        files: files that were read.
        lost_files: the error of each file that could not be read, by name.
        empty_files: files without rows.
        lacking: files that lack an optional column, by column.
    """

    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    faults: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FAULTS))
    fault_counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    accounts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ACCOUNT_COUNTS))
    items: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ITEM_COUNTS))
    named: Counter[str] = field(default_factory=Counter)
    spellings: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SPELLINGS))
    account_shapes: Counter[str] = field(default_factory=Counter)
    days: Counter[date] = field(default_factory=Counter)
    midnights: int = 0
    earliest: datetime | None = None
    latest: datetime | None = None
    repeats: HashSample = field(default_factory=HashSample)
    dwell: Counter[float] = field(default_factory=Counter)
    ratings: Counter[float] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    files: list[str] = field(default_factory=list)
    lost_files: dict[str, tuple[str, str]] = field(default_factory=dict)
    empty_files: list[str] = field(default_factory=list)
    lacking: dict[str, list[str]] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """The events that fuse would have, before duplicates are removed."""
        return sum(self.types.values())

    def merge(self, other: LogProfile) -> LogProfile:
        """Returns the sums of both."""
        faults = pl.concat([self.faults, other.faults])
        times = [t for t in (self.earliest, other.earliest) if t is not None]
        ends = [t for t in (self.latest, other.latest) if t is not None]
        lacking = {
            name: self.lacking.get(name, []) + other.lacking.get(name, [])
            for name in (*self.lacking, *other.lacking)
        }
        words = self.words + other.words
        return LogProfile(
            rows=self.rows + other.rows,
            counts=self.counts + other.counts,
            faults=faults.group_by("reason", "field", maintain_order=True).head(EXAMPLES).select(
                list(FAULTS)
            ),
            fault_counts=self.fault_counts + other.fault_counts,
            words=Counter(dict(words.most_common(MAX_WORDS))),
            types=self.types + other.types,
            accounts=_add(self.accounts, other.accounts, ["account", "home"]),
            items=_add(self.items, other.items, ["item"]),
            named=self.named + other.named,
            spellings=pl.concat([self.spellings, other.spellings]).unique(),
            account_shapes=self.account_shapes + other.account_shapes,
            days=self.days + other.days,
            midnights=self.midnights + other.midnights,
            earliest=min(times, default=None),
            latest=max(ends, default=None),
            repeats=self.repeats.merge(other.repeats),
            dwell=self.dwell + other.dwell,
            ratings=self.ratings + other.ratings,
            values=self.values + other.values,
            files=self.files + other.files,
            lost_files=self.lost_files | other.lost_files,
            empty_files=self.empty_files + other.empty_files,
            lacking=lacking,
        )  # fmt: skip

    def examples(self, reason: str) -> pl.DataFrame:
        """Returns FAULTS rows of one reason."""
        return self.faults.filter(pl.col("reason") == reason)


def merge_profiles(profiles: list[LogProfile]) -> LogProfile:
    """Returns the sums of all `profiles`."""
    return reduce(LogProfile.merge, profiles, LogProfile())


def _add(one: pl.DataFrame, other: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    if not one.height or not other.height:
        return one if one.height else other
    return pl.concat([one, other]).group_by(keys).agg(pl.col("events").sum())
