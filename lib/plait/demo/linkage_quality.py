"""Compares the people and bots that fuse found with those of the world."""

from __future__ import annotations

import polars as pl

from plait.demo.chapter_results import CrawlersFound, LinkageQuality
from plait.identity.report.partition_agreement import compare_partitions
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
    pairs = compare_partitions(joined.select(found="person", true="owner")).pairwise
    return LinkageQuality(pairs.precision, pairs.recall)


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
