from __future__ import annotations

from typing import get_args

from plait.contracts.event_types import (
    EVENT_STRENGTHS,
    EVENT_TYPE_CODE_COUNT,
    EVENT_TYPE_CODES,
    EVENT_TYPES,
    EventType,
)
from plait.live.codec import UNKNOWN_TYPE_CODE

# What stands in records and models that exist: a new type is added to EVENT_TYPE_CODES, never here.
GIVEN = [
    "view", "click", "play", "watch", "read", "search", "share", "post", "comment",
    "like", "dislike", "follow", "unfollow", "save", "cart", "purchase", "rate",
]  # fmt: skip


def test_a_code_that_was_given_out_keeps_its_meaning() -> None:
    assert {name: EVENT_TYPE_CODES[name] for name in GIVEN} == {n: c for c, n in enumerate(GIVEN)}


def test_every_type_has_a_code_of_its_own_and_a_strength() -> None:
    assert (
        set(EVENT_TYPE_CODES)
        == set(get_args(EventType))
        == set(EVENT_TYPES)
        == set(EVENT_STRENGTHS)
    )
    assert len(set(EVENT_TYPE_CODES.values())) == len(EVENT_TYPE_CODES)
    assert EVENT_TYPE_CODE_COUNT <= UNKNOWN_TYPE_CODE
    assert [EVENT_TYPE_CODES[name] for name in EVENT_TYPES] == sorted(EVENT_TYPE_CODES.values())
