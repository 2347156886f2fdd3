"""Which identity keys are strong, which are weak, and what guards follow from their values."""

from __future__ import annotations

import polars as pl

from plait.config import Project
from plait.config.people_settings import KeyType
from plait.identity.cluster_guards import KEY_VALUES, ClusterGuards
from plait.identity.evidence import MAX_ACCOUNTS_PER_KEY

STRONG_TYPES: frozenset[KeyType] = frozenset({"loyalty", "email", "phone"})
WEAK_TYPES: frozenset[KeyType] = frozenset({"device", "cookie"})
# A higher number is used first if evidence contradicts.
_PRIORITIES: dict[KeyType, int] = {
    "loyalty": 60, "email": 50, "phone": 40, "hash": 30, "id": 30, "device": 20, "cookie": 10,
}  # fmt: skip
_TYPE_OF_WORD: dict[str, KeyType] = {
    "mail": "email", "phone": "phone", "mobile": "phone", "device": "device", "cookie": "cookie",
    "loyalty": "loyalty",
}  # fmt: skip


def key_type(project: Project, key: str) -> KeyType:
    """Returns the type of an identity key: as configured, or by its name, or `id`."""
    configured = (project.people.keys or {}).get(key)
    if configured is not None and configured.type is not None:
        return configured.type
    found = [kind for word, kind in _TYPE_OF_WORD.items() if word in key.lower()]
    return found[0] if found else "id"


def key_priority(project: Project, key: str) -> int:
    """Returns the priority of an identity key: as configured, or by its type."""
    configured = (project.people.keys or {}).get(key)
    if configured is not None and configured.priority is not None:
        return configured.priority
    return _PRIORITIES[key_type(project, key)]


def guards_of_keys(
    project: Project,
    attributes: pl.DataFrame,
    *,
    apart: pl.DataFrame,
    contradictions: pl.DataFrame,
) -> ClusterGuards:
    """Returns the guards of a project.

    Args:
        project: the project, for its limits and keys.
        attributes: ACCOUNT_ATTRIBUTES.
        apart: account_a, account_b of unlinks.
        contradictions: CONTRADICTIONS.
    """
    held = attributes.filter(pl.col("key").is_not_null()).select(list(KEY_VALUES)).unique()
    # A value of very many accounts tells nobody apart, as it identifies nobody.
    values = held.filter(pl.len().over("key", "value") <= MAX_ACCOUNTS_PER_KEY)
    keys = held["key"].unique().to_list()
    return ClusterGuards(
        max_accounts=project.people.max_accounts,
        apart=apart,
        contradictions=contradictions,
        values=values,
        strong=frozenset(k for k in keys if key_type(project, k) in STRONG_TYPES),
        weak=frozenset(k for k in keys if key_type(project, k) in WEAK_TYPES),
        priorities={k: key_priority(project, k) for k in keys},
    )
