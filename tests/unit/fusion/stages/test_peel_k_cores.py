"""The k-core by bucket, against the k-core of all pairs at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from plait.engine.local.local_engine import LocalEngine
from plait.engine.local.local_spill import LocalSpill
from plait.fusion.kernels.k_core import ACCOUNT_ITEM_PAIRS, KCore, find_k_core
from plait.fusion.stages.peel_k_cores import peel_k_cores

BUCKETS = 4


def _pairs(seed: int, events: int) -> pl.DataFrame:
    draws = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "platform": draws.choice(["shop", "video"], events),
            "account": draws.integers(0, 60, events),
            "item": (draws.random(events) ** 2 * 50).astype(np.int64),
        }
    ).cast(ACCOUNT_ITEM_PAIRS)  # type: ignore[arg-type]


@pytest.fixture
def engine(tmp_path: Path) -> LocalEngine:
    return LocalEngine(tmp_path)


@pytest.fixture
def spill(engine: LocalEngine) -> Iterator[LocalSpill]:
    made = engine.spill(BUCKETS)
    yield made
    made.close()


def _peel(
    engine: LocalEngine, spill: LocalSpill, pairs: pl.DataFrame, k: dict[str, int], in_memory: int
) -> dict[str, KCore]:
    place = (pl.col("account") % BUCKETS).cast(pl.Int64).alias("bucket")
    spill.write(pairs.with_columns(place))
    return peel_k_cores(engine, spill, lambda _, rows, __: {"pairs": rows}, k, in_memory=in_memory)


@pytest.mark.parametrize("in_memory", [0, 100, 10_000])
@pytest.mark.parametrize("events", [90, 700])
@pytest.mark.parametrize("seed", range(2))
def test_it_is_the_core_of_all_pairs(
    engine: LocalEngine, spill: LocalSpill, seed: int, events: int, in_memory: int
) -> None:
    pairs = _pairs(seed, events)
    k = {"shop": 3 + seed, "video": 5}
    found = _peel(engine, spill, pairs, k, in_memory)
    assert list(found) == list(k)
    for name, least in k.items():
        part = pairs.filter(pl.col("platform") == name)
        core = find_k_core(part["account"].to_numpy(), part["item"].to_numpy(), least)
        assert found[name].accounts.to_list() == core.accounts.to_list()
        assert found[name].items.to_list() == core.items.to_list()


def test_a_chain_falls_apart_one_account_a_round(engine: LocalEngine, spill: LocalSpill) -> None:
    """Account n has items n and n + 1: the ends have one event, so all go in the end."""
    chain = np.arange(40)
    pairs = pl.DataFrame(
        {"platform": "shop", "account": np.tile(chain, 2), "item": np.append(chain, chain + 1)}
    ).cast(ACCOUNT_ITEM_PAIRS)  # type: ignore[arg-type]
    ring = pairs.with_columns(pl.col("item") % 40)
    assert _peel(engine, spill, pairs, {"shop": 2}, 0)["shop"].accounts.len() == 0
    other = engine.spill(BUCKETS)
    core = _peel(engine, other, ring, {"shop": 2}, 0)["shop"]
    assert (core.accounts.len(), core.items.len()) == (40, 40)
    other.close()


def test_no_event(engine: LocalEngine, spill: LocalSpill) -> None:
    core = peel_k_cores(engine, spill, lambda _, rows, __: {"pairs": rows}, {"shop": 2})["shop"]
    assert core.accounts.len() == core.items.len() == 0
