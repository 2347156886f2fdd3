"""Blocks stay within the bound on pairs, whatever values are common."""

from __future__ import annotations

import polars as pl

from plait.identity.probabilistic import choose_blocks as module
from plait.identity.probabilistic.choose_blocks import choose_blocks
from plait.identity.probabilistic.make_features import make_features
from tests.made_people import Errors, make_people


def _pairs(column: pl.Series) -> int:
    size = column.drop_nulls().value_counts(name="n")["n"].cast(pl.Int64)
    return int((size * (size - 1) // 2).sum())


def test_pairs_are_bounded_and_counted(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module, "MIN_PAIRS", 0)
    records, _ = make_people(400, (1, 2), Errors(), 4)
    records = records.with_columns(city=pl.lit("london"))  # a block of everyone
    features = make_features(records)
    names = [name for name in features.columns if name not in ("account", "platform", "email_name")]
    blocks = choose_blocks(features, names)
    counted = [_pairs(column) for column in blocks.frame.iter_columns()]
    assert counted == [rule["pairs"] for rule in blocks.rules]
    assert 0 < sum(counted) <= module.PAIRS_PER_RECORD * features.height
    assert not any(rule["keys"] == ["city"] for rule in blocks.rules)
    assert len({tuple(rule["keys"]) for rule in blocks.rules}) > 10
