from __future__ import annotations

import pytest

from plait.contracts.event_types import EVENT_TYPES
from plait.inspection.columns.column_names import plain_name, rate_name
from plait.inspection.columns.event_words import find_event_type, is_unwanted


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("AddToCart", "cart"), ("add-to-cart", "cart"), ("Order Completed", "purchase"),
        ("PAGEVIEW", "view"), ("is_click", "click"), ("buy", "purchase"), ("zoom", None),
        ("Watched", "watch"), ("login", None),
    ],
)  # fmt: skip
def test_words_stand_for_event_types(word: str, kind: str | None) -> None:
    assert find_event_type(word) == kind


def test_every_event_type_is_a_word_for_itself_and_wanted() -> None:
    assert [find_event_type(kind) for kind in EVENT_TYPES] == list(EVENT_TYPES)
    assert not any(is_unwanted(kind) for kind in EVENT_TYPES)


@pytest.mark.parametrize(
    ("role", "better", "worse"),
    [
        ("account", "user_id", "session_id"), ("account", "kundennr", "ip"),
        ("item", "productId", "title"), ("time", "timestamp", "received_at"),
        ("time", "created_at", "updated_at"), ("title", "trackName", "albumName"),
        ("account", "actor.handle", "actor.ip"), ("length", "length_s", "time_s"),
    ],
)  # fmt: skip
def test_names_speak_for_roles(role: str, better: str, worse: str) -> None:
    assert rate_name(role, better) > rate_name(role, worse)


def test_a_generic_name_is_told_by_its_parent() -> None:
    assert plain_name("user.id") == "user_id"
    assert (
        plain_name("event_params[?(@.key=='page_location')].value.string_value") == "page_location"
    )
