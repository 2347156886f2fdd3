"""Event types, object kinds, time resolutions, and the strength of each event type."""

from __future__ import annotations

from typing import Literal, get_args

EventType = Literal[
    "view", "click", "play", "watch", "read", "search", "share", "post", "comment",
    "like", "dislike", "follow", "unfollow", "save", "cart", "purchase", "rate",
]  # fmt: skip
ObjectKind = Literal["item", "topic", "creator", "query"]
TimeResolution = Literal["us", "s", "day", "order"]
PlatformKind = Literal["shop", "video", "social", "news", "music", "games", "other"]

# The codes of types in packed records and in models. A code never changes its meaning and is never
# used for another type. A new type gets the next code, regardless of its position above.
EVENT_TYPE_CODES: dict[str, int] = {
    "view": 0, "click": 1, "play": 2, "watch": 3, "read": 4, "search": 5, "share": 6, "post": 7,
    "comment": 8, "like": 9, "dislike": 10, "follow": 11, "unfollow": 12, "save": 13, "cart": 14,
    "purchase": 15, "rate": 16,
}  # fmt: skip
EVENT_TYPE_CODE_COUNT = 1 + max(EVENT_TYPE_CODES.values())

EVENT_TYPES: tuple[str, ...] = tuple(sorted(get_args(EventType), key=EVENT_TYPE_CODES.__getitem__))
OBJECT_KINDS: tuple[str, ...] = get_args(ObjectKind)
TIME_RESOLUTIONS: tuple[str, ...] = get_args(TimeResolution)

# The strength of an event as evidence of taste, before training. An intentional, costly act has the
# highest. A negative event never becomes a training target.
EVENT_STRENGTHS: dict[str, float] = {
    "view": 0.3, "click": 0.4, "play": 0.5, "watch": 0.7, "read": 0.7, "search": 0.4,
    "share": 0.9, "post": 0.6, "comment": 0.8, "like": 0.9, "dislike": -1.0,
    "follow": 0.8, "unfollow": -0.5, "save": 0.8, "cart": 0.8, "purchase": 1.0, "rate": 0.7,
}  # fmt: skip
