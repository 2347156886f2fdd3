"""Compares the people and bots that fuse found with those of the world."""

from __future__ import annotations

import polars as pl

from plait.demo.chapter_results import CrawlersFound, LinkageQuality
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
    named = _pseudonyms(truth, key).select("account", owner="person")
    joined = accounts.select("account", "person").join(named, on="account")
    found, real = _count_pairs(joined, "person"), _count_pairs(joined, "owner")
    right = _count_pairs(joined, "person", "owner")
    return LinkageQuality(right / found if found else 1.0, right / real if real else 1.0)


def count_found(bots: pl.DataFrame, truth: pl.DataFrame, key: PseudonymKey) -> CrawlersFound:
    """Returns how many of the crawlers of the world are among `bots`.

    Args:
        bots: the store's table.
        truth: columns platform, account (raw), of the world's crawlers.
        key: the pseudonym key.
    """
    real = _pseudonyms(truth, key)["account"]
    found = int(bots["account"].is_in(real.implode()).sum())
    return CrawlersFound(planted=real.len(), found=found, others=bots.height - found)


def _pseudonyms(truth: pl.DataFrame, key: PseudonymKey) -> pl.DataFrame:
    return pl.concat(
        part.with_columns(account=account_pseudonym(part["account"], key, platform))
        for (platform,), part in truth.group_by("platform")
    )


def _count_pairs(df: pl.DataFrame, *by: str) -> int:
    """Returns how many pairs of rows agree on `by`."""
    size = df.group_by(by).len()["len"].cast(pl.Int64)
    return int((size * (size - 1) // 2).sum())
