"""Spark and Polars find the same components and k-cores, by bucket and all at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from pyspark.sql import SparkSession

from plait.engine.engine import Engine, Spill
from plait.engine.local.local_engine import LocalEngine
from plait.engine.spark.spark_engine import SparkEngine
from plait.fusion.kernels.k_core import ACCOUNT_ITEM_PAIRS, KCore, find_k_core
from plait.fusion.stages.peel_k_cores import peel_k_cores
from plait.identity.components.find_components import connect
from plait.identity.components.in_memory import components_in_memory
from tests.unit.identity.components.graphs import GRAPHS, edges, slices

pytestmark = pytest.mark.slow


def _persisted(spark: SparkSession) -> int:
    context = spark.sparkContext._jsc.sc()
    return int(context.getPersistentRDDs().size())


# What travels to a worker must not name this module, which workers cannot import.
def _reading():  # type: ignore[no-untyped-def]
    def read(part: pl.DataFrame) -> Iterator[pl.DataFrame]:
        yield part

    return read


@pytest.mark.parametrize(("name", "in_memory"), [("all", 4_000), ("giant component", 10_000)])
def test_components(spark: SparkSession, name: str, in_memory: int) -> None:
    ends, before = edges(GRAPHS[name]), _persisted(spark)
    rounds = []
    for engine in (SparkEngine(spark, 2), LocalEngine()):
        with connect(engine, slices(ends, 3), _reading(), ends.height, in_memory) as found:
            assert found.collect().sort("node").equals(components_in_memory(ends).sort("node"))
            rounds.append(found.rounds)
    assert min(rounds) >= 1
    assert _persisted(spark) == before


def _k_cores(engine: Engine[Spill], pairs: pl.DataFrame, in_memory: int) -> dict[str, KCore]:
    spill = engine.spill(4)
    try:
        engine.map_splits(
            slices(pairs.with_columns(bucket=(pl.col("account") % 4).cast(pl.Int64)), 2),
            _reading(), lambda _, rows: {"pairs": rows},
            spills={"pairs": spill}, tables={}, merges={},
        )  # fmt: skip
        return peel_k_cores(
            engine, spill, lambda _, rows, __: {"pairs": rows}, {"shop": 4}, in_memory=in_memory
        )
    finally:
        spill.close()


def test_k_cores(spark: SparkSession) -> None:
    draws, before = np.random.default_rng(3), _persisted(spark)
    pairs = pl.DataFrame(
        {
            "platform": ["shop"] * 700,
            "account": draws.integers(0, 130, 700),
            "item": draws.integers(0, 90, 700),
        }
    ).cast(ACCOUNT_ITEM_PAIRS)  # type: ignore[arg-type]
    whole = find_k_core(pairs["account"].to_numpy(), pairs["item"].to_numpy(), 4)
    assert 0 < whole.accounts.len() < pairs["account"].n_unique()
    core = _k_cores(SparkEngine(spark, 2), pairs, 0)["shop"]
    assert core.accounts.to_list() == whole.accounts.to_list()
    assert core.items.to_list() == whole.items.to_list()
    assert _persisted(spark) == before
