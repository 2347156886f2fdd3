"""Whatever JSON comes: no answer is a fault, and no event is taken that is none."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from plait.contracts.http_messages import Event, InlineEvent, RankRequest, RecommendRequest
from plait.privacy.pseudonym import PseudonymKey
from plait.serving.ingestion import clean_batches, validate_events
from plait.serving.service import EndpointService

LINK, UNLINK = "/v1/identities:link", "/v1/identities:unlink"
QUIET = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, -(2**63), 10**300, 10**399, -1]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["", "\ud800", "a\x00", "x" * 600, "2026-11-24", "2026-02-31T25:61:61Z",
                     "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "shop:", "shop:1",
                     "video:1", "магазин", "\u2028", "\ufffd", "NaN", "1e999"]),
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
GOOD = {
    "type": st.sampled_from(["view", "purchase", "dislike", "search"]),
    "user": st.sampled_from([{"platform": "shop", "id": "u0"}, {"platform": "video", "id": "v"}]),
    "item_id": st.sampled_from(["shop:i1", "shop:new", "video:i2"]),
}
MORE = {
    name: st.one_of(SCALARS, JSON)
    for name in (*Event.model_fields, "x", "k", "platforms", "items", "exclude", "events", "record")
}


@st.composite
def spoilt(draw: Any, good: dict[str, Any]) -> Any:
    """A right object, with some fields replaced, added or left out; or anything."""
    if draw(st.integers(0, 9)) == 0:
        return draw(JSON)
    value = {name: draw(strategy) for name, strategy in good.items()}
    for name in draw(st.lists(st.sampled_from([*MORE, *good]), max_size=2)):
        value[name] = draw(MORE.get(name, SCALARS))
    for name in draw(st.lists(st.sampled_from([*good]), max_size=1)):
        if draw(st.booleans()):
            value.pop(name, None)
    return value


EVENTS = st.lists(spoilt(GOOD), max_size=6)


def is_event(value: Any) -> bool:
    try:
        Event.model_validate(value)
    except ValidationError:
        return False
    return True


@QUIET
@given(st.lists(EVENTS, min_size=1, max_size=3))
def test_an_event_is_taken_or_rejected_and_never_both(
    service: EndpointService, calls: list[Any]
) -> None:
    batches = [validate_events(events) for events in calls]
    for events, batch in zip(calls, batches, strict=True):
        assert [i for i, _ in batch.valid] == [i for i, e in enumerate(events) if is_event(e)]
    again = None
    for _ in range(2):  # the second time as the first
        rows = clean_batches(batches, service._project, PseudonymKey("k" * 64))
        for call, (events, batch) in enumerate(zip(calls, batches, strict=True)):
            taken = rows.filter(rows["call"] == call)["index"].to_list()
            rejected = [r.index for r in batch.rejected]
            assert sorted(taken + rejected) == list(range(len(events)))
        assert again is None or rows.equals(again)
        again = rows


@QUIET
@given(
    st.sampled_from(["/v1/recommend", "/v1/rank", "/v1/events", LINK, UNLINK]),
    spoilt({
        "user": st.sampled_from([{"platform": "shop", "id": "u0"}, {"person_id": "p_x"}]),
        "events": st.lists(spoilt(GOOD), max_size=3),
        "items": st.lists(st.sampled_from(["shop:i1", "shop:i2", "no:1"]), max_size=4),
        "platforms": st.lists(st.sampled_from(["shop", "video"]), max_size=3),
        "accounts": st.lists(st.sampled_from([{"platform": "shop", "id": "u"}, 3]), max_size=3),
    }),
)  # fmt: skip
def test_no_body_makes_a_fault(ask: Any, path: str, body: Any) -> None:
    known = {
        "/v1/recommend": RecommendRequest.model_fields,
        "/v1/rank": RankRequest.model_fields,
        "/v1/events": ("events",),
        LINK: ("accounts",),
        UNLINK: ("accounts",),
    }[path]
    if isinstance(body, dict) and "x" not in body:
        body = {name: value for name, value in body.items() if name in known}
    content = json.dumps(body).encode()
    reply = ask("POST", path, content=content, headers={"Content-Type": "application/json"})
    assert reply.status_code in (200, 400, 422, 503), (reply.status_code, body, reply.text)
    if reply.status_code == 503:
        assert path in (LINK, UNLINK)
    reply.json()


def test_every_field_is_tried() -> None:
    assert set(InlineEvent.model_fields) <= set(MORE)
