"""Checks that a store version has events, before a command that needs them begins its work."""

from __future__ import annotations

from plait.errors import TooFewEvents
from plait.store.store_version import StoreVersion


def require_events(version: StoreVersion) -> None:
    """Checks that `version` has an event; a project may have only records of accounts.

    Raises:
        TooFewEvents: it has none.
    """
    if version.counts.get("events") == 0:
        raise TooFewEvents(
            f"store version {version.number} has no events, only records of accounts.",
            allowed="`plait identity report` and its sister verbs need no events.",
            fix="To recommend, set platforms.NAME.events to logs, and run `plait fuse`.",
        )
