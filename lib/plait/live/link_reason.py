"""Who links or unlinks two accounts, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LinkReason:
    """The reason of a link or an unlink.

    Attributes:
        who: who says so; null if the caller did not tell.
        why: the reason; null if the caller did not tell.
    """

    who: str | None = None
    why: str | None = None


NO_REASON = LinkReason()
