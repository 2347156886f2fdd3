"""Reads the values of identity keys that a store version ignores."""

from __future__ import annotations

import polars as pl

from plait.contracts.identity_tables import BLOCKED_KEYS
from plait.errors import UnknownReason, nearest
from plait.identity.keys.blocked_reasons import BLOCKED_REASONS
from plait.store.store import Store
from plait.store.store_version import StoreVersion


def read_blocked(
    store: Store, version: StoreVersion, key: str | None = None, reason: str | None = None
) -> pl.DataFrame:
    """Returns BLOCKED_KEYS of `version`, the values with the most accounts first.

    Args:
        store: the store.
        version: the version; one of an older plait has none.
        key: the key whose values are returned. Default: all.
        reason: the reason whose values are returned. Default: all.

    Raises:
        UnknownReason: there is no such reason.
    """
    if reason is not None and reason not in BLOCKED_REASONS:
        raise UnknownReason(
            f"values are not ignored for '{reason[:40]}'.",
            allowed=nearest(reason, BLOCKED_REASONS),
            fix=f"Reasons: {', '.join(BLOCKED_REASONS)}.",
        )
    rows = store.read(BLOCKED_KEYS.name, version)
    if key is not None:
        rows = rows.filter(pl.col("key") == key)
    if reason is not None:
        rows = rows.filter(pl.col("reason") == reason)
    order = ["accounts", "key", "reason", "prefix"]
    return rows.sort(order, descending=[True, False, False, False])
