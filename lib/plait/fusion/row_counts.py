"""Counts what became of every row, and checks that the counts add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from plait.errors import PlaitError

NOTED = "noted"
UNKNOWN_KEY = "unknown_key"  # noted of posted events whose account has an unknown pseudonym key
EMPTY_FILE = "empty_file"  # noted of each file without rows, with its name
ROW_COUNTS = {"platform": pl.String(), "what": pl.String(), "n": pl.Int64()}


class LostRows(PlaitError):
    """Rows in and rows out do not add up. This is a fault in plait, not in the data."""


def count_by_platform(platforms: pl.Series, what: str | pl.Series) -> pl.DataFrame:
    """Returns ROW_COUNTS: how often each platform occurs in `platforms`, named `what`."""
    named = pl.lit(what) if isinstance(what, str) else what.alias("what")
    rows = platforms.alias("platform").to_frame().with_columns(what=named)
    return rows.group_by("platform", "what").agg(n=pl.len().cast(pl.Int64)).select(list(ROW_COUNTS))


def one_count(platform: str, what: str, n: int) -> pl.DataFrame:
    """Returns one row of ROW_COUNTS."""
    return pl.DataFrame([(platform, what, n)], schema=ROW_COUNTS, orient="row")


def merge_counts(partials: pl.DataFrame) -> pl.DataFrame:
    """Returns the sum of partial ROW_COUNTS."""
    return partials.group_by("platform", "what").agg(pl.col("n").sum())


def counts_from_record(platforms: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """Returns the result of `balance_rows` as ROW_COUNTS."""
    rows: list[tuple[str, str, int]] = []
    for platform, entry in platforms.items():
        for kind, blank in _empty_entry().items():
            if isinstance(blank, dict):
                rows += [(platform, f"{kind}:{reason}", n) for reason, n in entry[kind].items()]
            else:
                rows.append((platform, kind, entry[kind]))
        rows += [(platform, f"{NOTED}:{what}", n) for what, n in entry.get(NOTED, {}).items()]
    return pl.DataFrame(rows, schema=ROW_COUNTS, orient="row")


def balance_rows(counts: Iterable[pl.DataFrame], names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Returns rows, events, duplicates, superseded, quarantined and removed of each platform.

    What was noted about values is in `noted`, if there is something. It counts no rows.

    Raises:
        LostRows: rows != events + duplicates + superseded + quarantined + removed.
    """
    ledger: dict[str, dict[str, Any]] = {name: _empty_entry() for name in names}
    for platform, what, n in merge_counts(pl.concat(counts)).sort("platform", "what").iter_rows():
        entry = ledger.setdefault(platform, _empty_entry())
        kind, _, reason = what.partition(":")
        if reason:
            if n:  # a count that an incremental run took back is none
                entry.setdefault(kind, {})[reason] = n
        else:
            entry[kind] = n
    for platform, entry in ledger.items():
        out = entry["events"] + entry["duplicates"] + entry["superseded"]
        out += sum(entry["quarantined"].values()) + sum(entry["removed"].values())
        if out != entry["rows"]:
            raise LostRows(
                f"platform '{platform}': {entry['rows']:,} rows in, {out:,} accounted for "
                f"({entry}).",
                fix="Nothing was published. Report this with the project file.",
            )
    return ledger


def _empty_entry() -> dict[str, Any]:
    return {
        "rows": 0, "events": 0, "duplicates": 0, "superseded": 0, "quarantined": {}, "removed": {},
    }  # fmt: skip
