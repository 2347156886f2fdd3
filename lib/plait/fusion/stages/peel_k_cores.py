"""Finds k-cores by bucket: the pairs of accounts and items stay in spills.

All events of an account are in one bucket, so accounts are removed there. An item has events in
many buckets, so its events are counted over all of them, and the next round removes what is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.engine.engine import BUCKET, BucketKernel, Engine, Frames, Spill
from plait.fusion.kernels.k_core import ACCOUNT_ITEM_PAIRS, KCore, find_k_core
from plait.progress import track_progress

IN_MEMORY_PAIRS = 5_000_000  # pairs that are finished on the driver: 0.5 GiB
_ITEM = ["platform", "item"]


@dataclass(frozen=True)
class PeelAccounts:
    """Bucket kernel over ACCOUNT_ITEM_PAIRS: removes items that are gone, then accounts.

    Attributes:
        k: the minimum number of events, by platform.
        gone: platform, item of the items that have left; null: none.
        pairs: makes ACCOUNT_ITEM_PAIRS of the rows of a bucket; null: the rows are such pairs.
    """

    k: Mapping[str, int]
    gone: pl.DataFrame | None = None
    pairs: BucketKernel | None = None

    def __call__(self, bucket: int, rows: pl.DataFrame, side_input: pl.DataFrame) -> Frames:
        """Returns the pairs that are left, with their bucket, and platform, item, n of them."""
        pairs = rows if self.pairs is None else self.pairs(bucket, rows, side_input)["pairs"]
        if self.gone is not None:
            pairs = pairs.join(self.gone, on=_ITEM, how="anti")
        least = pl.col("platform").replace_strict(dict(self.k), return_dtype=pl.UInt32)
        left = pairs.filter(pl.len().over("platform", "account") >= least)
        degrees = left.group_by(_ITEM).agg(pl.len().cast(pl.Int64).alias("n"))
        return {
            "left": left.select(*ACCOUNT_ITEM_PAIRS, pl.lit(bucket, pl.Int64).alias(BUCKET)),
            "degrees": degrees,
        }


def peel_k_cores(
    engine: Engine[Any],
    events: Spill,
    pairs: BucketKernel,
    k: Mapping[str, int],
    *,
    side_input: pl.DataFrame | None = None,
    columns: tuple[str, ...] | None = None,
    in_memory: int = IN_MEMORY_PAIRS,
) -> dict[str, KCore]:
    """Returns the k-core of each platform of `k`.

    Each round removes accounts and items with too few pairs. When nothing is removed, or when the
    pairs that are left fit in memory, the rest is found on the driver. It holds the degrees of
    items, and the accounts and items of the cores.

    Args:
        engine: the engine.
        events: the spill of the events, all of an account in one bucket.
        pairs: makes `pairs` (ACCOUNT_ITEM_PAIRS) of the rows of a bucket.
        k: the minimum number of events, by platform.
        side_input: the side input of `pairs`.
        columns: the columns of `events` that `pairs` needs; default: all.
        in_memory: the number of pairs that fit in memory.
    """
    left: Spill = engine.spill(events.buckets)
    try:
        with track_progress("k-core", unit="pairs") as progress:
            out = engine.map_buckets(
                events, PeelAccounts(k, pairs=pairs), side_input=side_input, columns=columns,
                spills={"left": left}, tables={}, merges={"degrees": _merge_degrees},
                advance=progress.advance,
            )  # fmt: skip
            rounds = 1
            while left.rows > in_memory:
                least = pl.col("platform").replace_strict(dict(k), return_dtype=pl.Int64)
                gone = out["degrees"].filter(pl.col("n") < least).select(_ITEM)
                if not gone.height:
                    break
                read, left = left, engine.spill(events.buckets)
                try:
                    out = engine.map_buckets(
                        read, PeelAccounts(k, gone),
                        spills={"left": left}, tables={}, merges={"degrees": _merge_degrees},
                        advance=progress.advance,
                    )  # fmt: skip
                finally:
                    read.close()
                rounds += 1
                progress.note = f"round {rounds}, {left.rows:,} pairs left"
        if left.rows <= in_memory:
            return _finish_in_memory(engine, left, k)
        return _collect_cores(engine, left, out["degrees"], k)
    finally:
        left.close()


def _finish_in_memory(engine: Engine[Any], left: Spill, k: Mapping[str, int]) -> dict[str, KCore]:
    """Returns the k-cores of pairs that fit in memory."""
    out = engine.map_buckets(
        left, lambda _, rows, __: {"pairs": rows}, tables={}, merges={"pairs": lambda frame: frame}
    )
    pairs = out.get("pairs", pl.DataFrame(schema=ACCOUNT_ITEM_PAIRS))
    return {
        name: find_k_core(part["account"].to_numpy(), part["item"].to_numpy(), least)
        for name, least in k.items()
        for part in [pairs.filter(pl.col("platform") == name)]
    }


def _collect_cores(
    engine: Engine[Any], left: Spill, degrees: pl.DataFrame, k: Mapping[str, int]
) -> dict[str, KCore]:
    """Returns the k-cores of pairs of which none is removed any more."""
    accounts = engine.map_buckets(
        left,
        lambda _, rows, __: {"accounts": rows.select("platform", "account").unique()},
        tables={},
        merges={"accounts": lambda frame: frame},
    )["accounts"]
    return {
        name: KCore(
            *(
                frame.filter(pl.col("platform") == name)[column].sort()
                for frame, column in ((accounts, "account"), (degrees, "item"))
            )
        )
        for name in k
    }


def _merge_degrees(partials: pl.DataFrame) -> pl.DataFrame:
    """Returns platform, item, n over all buckets."""
    return partials.group_by(_ITEM).agg(pl.col("n").sum())
