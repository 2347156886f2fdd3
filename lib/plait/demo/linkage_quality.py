"""Compares the people that fuse identified with the people of the world."""

from __future__ import annotations

import polars as pl

from plait.demo.chapter_results import LinkageQuality
from plait.privacy.pseudonym import account_pseudonym
from plait.privacy.pseudonym_key import PseudonymKey


def measure_linkage(
    accounts: pl.DataFrame, truth: pl.DataFrame, key: PseudonymKey
) -> LinkageQuality:
    """Returns precision and recall over pairs of accounts.

    Args:
        accounts: columns account, person, of the store's table.
        truth: columns platform, account (raw), person, of the world.
        key: the pseudonym key.
    """
    named = pl.concat(
        part.select(account=account_pseudonym(part["account"], key, platform), owner="person")
        for (platform,), part in truth.group_by("platform")
    )
    joined = accounts.select("account", "person").join(named, on="account")
    found, real = _count_pairs(joined, "person"), _count_pairs(joined, "owner")
    right = _count_pairs(joined, "person", "owner")
    return LinkageQuality(right / found if found else 1.0, right / real if real else 1.0)


def _count_pairs(df: pl.DataFrame, *by: str) -> int:
    """Returns how many pairs of rows agree on `by`."""
    size = df.group_by(by).len()["len"].cast(pl.Int64)
    return int((size * (size - 1) // 2).sum())
