"""Repeats are counted exactly while few, and by a sample that can be merged when many."""

from __future__ import annotations

import polars as pl
import pytest

from plait.checks import hash_sample
from plait.checks.hash_sample import HashSample


def _ids(start: int, end: int) -> pl.DataFrame:
    return pl.DataFrame({"id": range(start, end)})


def test_repeats_within_and_between_parts_are_counted() -> None:
    both = HashSample.of(_ids(0, 100)).merge(HashSample.of(_ids(50, 150)))
    assert both.repeat_share == pytest.approx(50 / 200)
    assert HashSample().repeat_share == 0


def test_the_sample_is_bounded_and_keeps_the_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hash_sample, "MAX_HASHES", 1000)
    parts = [HashSample.of(_ids(n, n + 8000)) for n in (0, 4000, 8000)]
    total = parts[0].merge(parts[1]).merge(parts[2])
    assert total.hashes.height <= 1000
    assert total.bits >= 4
    assert total.repeat_share == pytest.approx(8000 / 24000, abs=0.06)
    other = parts[2].merge(parts[0].merge(parts[1]))
    assert other.hashes.sort("hash").equals(total.hashes.sort("hash"))
