"""Limits and checks of what a caller may request."""

from __future__ import annotations

from collections.abc import Iterable

from plait.contracts.http_messages import MAX_K
from plait.contracts.id_rules import AROUND_IDS, MAX_ID_LENGTH
from plait.errors import BadRequest, UnknownPlatform, nearest


def check_k(k: int) -> int:
    """Returns `k`.

    Raises:
        BadRequest: `k` is not from 1 to MAX_K.
    """
    if not 1 <= k <= MAX_K:
        raise BadRequest(f"k is {k:,}.", allowed=f"1 to {MAX_K:,} items can be requested.")
    return k


def check_platform(platform: str, known: Iterable[str]) -> str:
    """Returns `platform`.

    Raises:
        UnknownPlatform: `platform` is not one of `known`.
    """
    known = list(known)
    if platform not in known:
        shown = platform if len(platform) <= 64 else platform[:61] + "..."
        raise UnknownPlatform(
            f"there is no platform {shown!r}.",
            allowed=nearest(platform[:64], known),
            fix=f"Choose one of {', '.join(known)}.",
        )
    return platform


def check_id(raw: str, what: str) -> str:
    """Returns `raw` if it is a valid id.

    Args:
        raw: an account or item id.
        what: the kind of id in the error message.

    Raises:
        BadRequest: the id is empty, too long, or holds a control character.
    """
    if not raw.strip(AROUND_IDS):
        raise BadRequest(f"the {what} id is empty.", fix=f"Name the {what}.")
    if len(raw) > MAX_ID_LENGTH:
        raise BadRequest(
            f"the {what} id '{raw[:20]}...' has {len(raw):,} characters.",
            allowed=f"At most {MAX_ID_LENGTH} are allowed.",
        )
    bad = next((c for c in raw if not c.isprintable()), None)
    if bad is not None:
        raise BadRequest(
            f"the {what} id holds the control character U+{ord(bad):04X}.",
            allowed="Only printable characters are allowed.",
        )
    return raw
