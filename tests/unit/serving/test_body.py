from __future__ import annotations

import pytest

from plait.contracts.fields import known_fields
from plait.contracts.http import EventsRequest, RankRequest, RecommendRequest
from plait.serving.body import parse, shown, validate
from plait.serving.problem import ProblemError


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"{", "line 1"),
        (b"\xff", "UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b'{"a": {"b": 1, "b": 2}}', "'b' stands twice"),
        (b'{"\\ud800": 1, "\\ud800": 2}', "stands twice"),
        (b"[" * 100_000, "nested"),
        (b"9" * 5_000, "not JSON"),
        (b'"\x00"', "control"),
    ],
)
def test_what_is_not_strict_json_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(ProblemError, match=says) as caught:
        parse(body)
    assert caught.value.status == 400
    caught.value.detail.encode()  # can be sent


def test_strict_json_is_read() -> None:
    assert parse(b'{"a": [1, 2.5, null, "\\u00e9"]}') == {"a": [1, 2.5, None, "é"]}


USER = {"platform": "shop", "id": "u"}


@pytest.mark.parametrize(
    ("model", "value", "place", "says"),
    [
        (RecommendRequest, {"user": USER, "kk": 1}, ["kk"], "Did you mean 'k'?"),
        (RecommendRequest, {"user": {**USER, "pltform": 1}}, ["user", "pltform"], "'platform'"),
        (RecommendRequest, {"user": USER, "events": [{"typ": 1}]}, ["events", 0, "type"], "Add"),
        (EventsRequest, {"events": [{"user": {"idd": 1}}]}, ["events", 0, "type"], "Add"),
        (RankRequest, {"user": USER, "items": [3]}, ["items", 0], "See"),
        (RecommendRequest, {"user": USER, "k": 10**400}, ["k"], "500"),
        (RecommendRequest, {"user": USER, "k": 1.5}, ["k"], "See"),
    ],
)
def test_a_wrong_field_is_named_with_a_hint(
    model: type, value: object, place: list[str | int], says: str
) -> None:
    with pytest.raises(ProblemError) as caught:
        validate(value, model)
    assert caught.value.status == 422
    first = next(e for e in caught.value.errors if e.loc == place)
    assert says in first.hint


def test_fields_are_found_at_any_depth() -> None:
    assert known_fields(EventsRequest, ["events", 3, "user"]) == ["platform", "id"]
    assert "exclude" in known_fields(RecommendRequest, [])


def test_whatever_a_client_sent_is_shown_printable() -> None:
    assert shown("a\nb\x00\ud800") == r"'a?b?\ud800'"
    assert len(shown("x" * 10_000)) < 100
