"""Rows in are rows out, or the run stops."""

from __future__ import annotations

import polars as pl
import pytest

from plait.fusion.row_counts import (
    ROW_COUNTS,
    LostRows,
    balance_rows,
    count_by_platform,
    counts_from_record,
    merge_counts,
    one_count,
)


def _counts(**n: int) -> list[pl.DataFrame]:
    return [one_count("shop", what.replace("_of_", ":"), k) for what, k in n.items()]


def test_what_became_of_every_row_is_listed_by_platform() -> None:
    parts = _counts(rows=10, events=4, duplicates=1, superseded=2, quarantined_of_bad_time=2)
    found = balance_rows([*parts, *_counts(removed_of_keep=1)], ["shop", "idle"])
    assert found["shop"] == {
        "rows": 10,
        "events": 4,
        "duplicates": 1,
        "superseded": 2,
        "quarantined": {"bad_time": 2},
        "removed": {"keep": 1},
    }
    assert found["idle"]["rows"] == 0


@pytest.mark.parametrize("events", [3, 5])
def test_a_row_too_few_or_too_many_raises(events: int) -> None:
    with pytest.raises(LostRows, match=rf"'shop': 4 rows in, {events} accounted for"):
        balance_rows(_counts(rows=4, events=events), ["shop"])


def test_partials_add_up() -> None:
    one = count_by_platform(pl.Series(["a", "b", "a"]), "events")
    two = count_by_platform(pl.Series(["a"]), pl.Series(["removed:x"]))
    merged = merge_counts(pl.concat([one, one, two])).sort("platform", "what")
    assert merged.rows() == [("a", "events", 4), ("a", "removed:x", 1), ("b", "events", 2)]
    assert dict(merged.schema) == ROW_COUNTS


def test_counts_go_on_from_a_version_s() -> None:
    parts = _counts(rows=9, events=4, duplicates=2, quarantined_of_bad_time=2, removed_of_keep=1)
    ledger = balance_rows(parts, ["shop", "idle"])
    again = balance_rows([counts_from_record(ledger), *_counts(rows=3, events=3)], ["shop"])
    assert again["shop"] == ledger["shop"] | {"rows": 12, "events": 7}
    assert again["idle"] == ledger["idle"]


def test_what_was_noted_counts_no_rows_and_goes_on() -> None:
    counts = [one_count("shop", "noted:null_word:item", 3), *_counts(rows=1, events=1)]
    ledger = balance_rows(counts, ["shop", "idle"])
    assert ledger["shop"]["noted"] == {"null_word:item": 3}
    assert "noted" not in ledger["idle"]
    again = balance_rows([counts_from_record(ledger), *counts], ["shop"])
    assert again["shop"]["noted"] == {"null_word:item": 6}
