"""The k-core: the accounts and items that keep at least k events each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from plait.clean.fingerprint import hash_column

ACCOUNT_ITEM_PAIRS = {"platform": pl.String(), "account": pl.UInt64(), "item": pl.UInt64()}
HashArray = np.ndarray[tuple[int], np.dtype[np.uint64]]


@dataclass(frozen=True)
class KCore:
    """The accounts and items of one platform's k-core, as 64-bit hashes."""

    accounts: pl.Series
    items: pl.Series

    def contains(self) -> pl.Expr:
        """Returns a predicate on events of the platform: whether they are in the k-core."""
        not_item = pl.col("object_kind") != "item"
        return hash_column("account").is_in(self.accounts.implode()) & (
            not_item | hash_column("object_id").is_in(self.items.implode())
        )


def account_item_pairs(events: pl.DataFrame, platforms: list[str]) -> pl.DataFrame:
    """Returns ACCOUNT_ITEM_PAIRS: one row per item event of one of `platforms`."""
    return events.filter(
        pl.col("platform").is_in(platforms) & (pl.col("object_kind") == "item")
    ).select("platform", hash_column("account"), hash_column("object_id").alias("item"))


def find_k_core(accounts: HashArray, items: HashArray, k: int) -> KCore:
    """Returns the largest set in which every account and every item has at least k events.

    Args:
        accounts: [n] the hashed account of each event.
        items: [n] the hashed item of each event.
        k: the minimum number of events.
    """
    account_ids, a = np.unique(accounts, return_inverse=True)
    item_ids, i = np.unique(items, return_inverse=True)
    while True:
        enough_a = np.bincount(a, minlength=len(account_ids)) >= k
        enough_i = np.bincount(i, minlength=len(item_ids)) >= k
        stays = enough_a[a] & enough_i[i]
        if stays.all():
            break
        a, i = a[stays], i[stays]
    return KCore(pl.Series(account_ids[enough_a]), pl.Series(item_ids[enough_i]))
