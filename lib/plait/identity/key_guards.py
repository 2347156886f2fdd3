"""What guards follow from the values of identity keys."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from plait.identity.cluster_guards import KEY_VALUES, ClusterGuards
from plait.identity.keys.key_types import KeyRule


def guards_of_keys(
    rules: Mapping[str, KeyRule],
    held: pl.DataFrame,
    max_accounts: int,
    *,
    apart: pl.DataFrame,
    contradictions: pl.DataFrame,
) -> ClusterGuards:
    """Returns the guards of a project.

    Args:
        rules: the rule of every key.
        held: account, key, value of the values that identify somebody.
        max_accounts: the most accounts of one person.
        apart: account_a, account_b of unlinks.
        contradictions: CONTRADICTIONS.
    """
    return ClusterGuards(
        max_accounts=max_accounts,
        apart=apart,
        contradictions=contradictions,
        values=held.select(list(KEY_VALUES)).unique(),
        strong=frozenset(name for name, rule in rules.items() if rule.strong),
        weak=frozenset(name for name, rule in rules.items() if rule.weak),
        priorities={name: rule.priority for name, rule in rules.items()},
    )
