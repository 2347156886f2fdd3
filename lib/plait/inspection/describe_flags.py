"""Drafts the event types of a log whose columns of true and false say what was done."""

from __future__ import annotations

from collections.abc import Mapping

from plait.contracts.event_types import EVENT_STRENGTHS
from plait.inspection.column_names import plain_name
from plait.inspection.draft import Draft, percent
from plait.inspection.event_words import find_event_type
from plait.inspection.roles import Roles
from plait.inspection.sample_table import SampleTable

_BY_KIND = {"video": "watch", "social": "watch", "music": "play", "news": "read"}


def find_flags(table: SampleTable) -> dict[str, str]:
    """Returns the columns of true and false that are named like events."""
    found = {}
    for name, facts in table.columns.items():
        kind = find_event_type(plain_name(name)) if facts.is_flag else None
        if kind:
            found[name] = kind
    # What a person disliked says too little by itself: the other rows are events, too.
    return found if any(EVENT_STRENGTHS[kind] > 0 for kind in found.values()) else {}


def describe_flags(
    draft: Draft, table: SampleTable, roles: Roles, kind: str, flags: Mapping[str, str]
) -> None:
    """Adds `type` to the draft: every flag that is true is an event, and so is the attention.

    Args:
        draft: the draft of the log.
        table: the sample.
        roles: the roles of its columns.
        kind: the kind of the platform, which tells what the attention was given to.
        flags: the event type of each column of true and false.
    """
    place = ("type",)
    used = set(flags.values())
    base = next(t for t in (_BY_KIND.get(kind, "view"), "play", "view", "read") if t not in used)
    dwell = roles.get("dwell")
    if dwell is not None:
        zero = float((table[dwell].numbers == 0).mean() or 0)  # type: ignore[arg-type]
        draft.settings["type"] = {"flags": {dwell: base} | dict(flags)}
        draft.tell(
            place,
            f"Each of these columns that is true or above 0 is one event; '{dwell}' makes a "
            f"{base}. {percent(zero)} of the rows have none of it.",
        )
    else:
        draft.settings["type"] = {"flags": dict(flags)}
        draft.tell(place, "Each column that is true is one event; rows without any are removed.")
        draft.ask(
            place,
            f"Is every row a {base}, too?",
            instead={"type": {"flags": {"$row": base} | dict(flags)}},
        )
    unknown = [
        name for name, facts in table.columns.items()
        if facts.is_flag and facts.distinct > 1 and name not in flags
    ]  # fmt: skip
    if unknown:
        more = draft.settings["type"]["flags"] | dict.fromkeys(unknown[:8], "click")
        draft.ask(
            place,
            f"Are these events, too? {', '.join(unknown[:8])}",
            instead={"type": {"flags": more}},
        )
