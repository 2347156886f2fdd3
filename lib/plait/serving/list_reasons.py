"""Why a platform's list is not one person's own k best items."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from plait.contracts.http_messages import ListReason
from plait.recommend.ranked_lists import Recommendation

EMPTY_LIST_REASONS: tuple[ListReason, ...] = ("all_excluded", "nothing_left")
PERSONAL_LIST_REASONS: tuple[ListReason, ...] = (
    "few_left",
    "unknown_items",
)  # what is in the list is the person's own


def list_reason(
    found: Recommendation,
    k: int,
    items: Collection[str],
    gone: Collection[str],
) -> ListReason | None:
    """Returns why a list is empty, else why it is generic, else why it is short.

    Args:
        found: the list of one platform.
        k: items wanted of it.
        items: every item of the platform.
        gone: what the list may not hold because the person has had it.
    """
    if not found.items:
        return "all_excluded" if any(item not in gone for item in items) else "nothing_left"
    return found.fallback or ("few_left" if len(found.items) < k else None)


def without_live_state(
    reasons: Mapping[str, ListReason | None], state: ListReason
) -> dict[str, ListReason | None]:
    """Returns the reasons of lists that were made without live state, or before it was whole."""
    return {p: r if r in EMPTY_LIST_REASONS else state for p, r in reasons.items()}


def fallback_reason(reasons: Mapping[str, ListReason | None], empty: bool) -> ListReason | None:
    """Returns the one word for a list over several platforms: why it is empty or generic.

    Args:
        reasons: of each platform.
        empty: the whole list is.
    """
    passed = PERSONAL_LIST_REASONS if empty else (*PERSONAL_LIST_REASONS, *EMPTY_LIST_REASONS)
    return next((reason for reason in reasons.values() if reason and reason not in passed), None)
