"""Reasons why a platform's list is not the person's own k best items."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from plait.contracts.http_messages import ListReason
from plait.recommend.ranked_lists import Recommendation

EMPTY_LIST_REASONS: tuple[ListReason, ...] = ("all_excluded", "nothing_left")
PERSONAL_LIST_REASONS: tuple[ListReason, ...] = (
    "few_left",
    "unknown_items",
)  # the items in such a list are personal


def list_reason(
    found: Recommendation,
    k: int,
    items: Collection[str],
    gone: Collection[str],
) -> ListReason | None:
    """Returns why a list is empty, generic or short, in this order; None if it is none of these.

    Args:
        found: the list of one platform.
        k: number of items requested.
        items: every item of the platform.
        gone: items that are excluded because the person has seen or disliked them.
    """
    if not found.items:
        return "all_excluded" if any(item not in gone for item in items) else "nothing_left"
    return found.fallback or ("few_left" if len(found.items) < k else None)


def without_live_state(
    reasons: Mapping[str, ListReason | None], state: ListReason
) -> dict[str, ListReason | None]:
    """Returns `reasons` with `state` in place of each, except where a list is empty.

    Args:
        reasons: the reason per platform.
        state: state_unavailable or state_loading.
    """
    return {p: r if r in EMPTY_LIST_REASONS else state for p, r in reasons.items()}


def fallback_reason(reasons: Mapping[str, ListReason | None], empty: bool) -> ListReason | None:
    """Returns why a list over several platforms is empty or generic; None if it is neither.

    Args:
        reasons: the reason per platform.
        empty: whether the whole list is empty.
    """
    passed = PERSONAL_LIST_REASONS if empty else (*PERSONAL_LIST_REASONS, *EMPTY_LIST_REASONS)
    return next((reason for reason in reasons.values() if reason and reason not in passed), None)
