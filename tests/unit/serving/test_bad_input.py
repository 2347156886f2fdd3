"""What cannot be answered, and what the answer says of it; over a real service (conftest)."""

from __future__ import annotations

import json
from typing import Any

import pytest

USER = {"platform": "shop", "id": "u1"}
RECOMMEND, EVENTS = "/v1/recommend", "/v1/events"
BAD: list[tuple[str, str, Any, int, str]] = [
    ("malformed", RECOMMEND, b'{"user": {', 400, "not JSON"),
    ("empty", RECOMMEND, b"", 400, "not JSON"),
    ("not utf-8", RECOMMEND, b'{"user": "\xff\xfe"}', 400, "UTF-8"),
    ("nan", RECOMMEND, b'{"user": {"platform": "shop", "id": "u"}, "k": NaN}', 400, "NaN"),
    ("infinity", RECOMMEND, b'{"k": -Infinity}', 400, "Infinity"),
    ("repeated key", RECOMMEND, b'{"k": 1, "k": 2}', 400, "'k' occurs twice"),
    ("bottomless", RECOMMEND, b"[" * 200_000, 400, "nested"),
    ("endless number", RECOMMEND, b'{"k": ' + b"9" * 9_000 + b"}", 400, "400 digits"),
    ("a list", RECOMMEND, [], 422, "the body"),
    ("no user", RECOMMEND, {}, 422, "user"),
    ("half a user", RECOMMEND, {"user": {"platform": "shop"}}, 422, "person_id"),
    ("both users", RECOMMEND, {"user": {**USER, "person_id": "p"}}, 422, "person_id"),
    ("k = 0", RECOMMEND, {"user": USER, "k": 0}, 422, "k:"),
    ("k = 10^9", RECOMMEND, {"user": USER, "k": 10**9}, 422, "500"),
    ("k < 0", RECOMMEND, {"user": USER, "k": -1}, 422, "k:"),
    ("k is text", RECOMMEND, {"user": USER, "k": "5"}, 422, "k:"),
    ("k is true", RECOMMEND, {"user": USER, "k": True}, 422, "k:"),
    ("misspelt", RECOMMEND, {"user": USER, "platfroms": ["shop"]}, 422, "'platforms'"),
    ("unknown platform", RECOMMEND, {"user": {"platform": "shpo", "id": "u"}}, 422, "'shop'"),
    ("unknown target", RECOMMEND, {"user": USER, "platforms": ["vdeo"]}, 422, "'video'"),
    ("control", RECOMMEND, {"user": {"platform": "shop", "id": "a\x00b"}}, 422, "control"),
    ("newline", RECOMMEND, {"user": {"platform": "shop", "id": "a\nb"}}, 422, "control"),
    ("10,000 letters", RECOMMEND, {"user": {"platform": "shop", "id": "a" * 10_000}}, 422, "512"),
    ("surrogate", RECOMMEND, b'{"user": {"platform": "shop", "id": "\\ud800"}}', 422, "surrogate"),
    ("surrogate key", RECOMMEND, b'{"\\ud800": 1}', 422, "surrogate"),
    ("bare item", "/v1/rank", {"user": USER, "items": ["77"]}, 422, "platform:id"),
    ("no items", "/v1/rank", {"user": USER, "items": []}, 422, "items"),
    ("10,000 events", EVENTS, {"events": [{}] * 10_000}, 422, "500"),
    ("90,000 keys", EVENTS, b"{" + b",".join(b'"%d":0' % n for n in range(90_000)) + b',"5":1}',
     400, "values"),
    ("no events", EVENTS, {"events": []}, 422, "events"),
    ("one account", "/v1/identities:link", {"accounts": [USER]}, 422, "accounts"),
    ("twice the same", "/v1/identities:link", {"accounts": [USER, USER]}, 422, "two"),
    ("one to unlink", "/v1/identities:unlink", {"accounts": [USER]}, 422, "accounts"),
    ("unlink the same", "/v1/identities:unlink", {"accounts": [USER, USER]}, 422, "two"),
    ("unlink where", "/v1/identities:unlink", {"accounts": [USER, {"platform": "shpo", "id": "u"}]},
     422, "'shop'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "status", "says"), [b[1:] for b in BAD], ids=[b[0] for b in BAD]
)
def test_bad_input_is_a_problem_that_says_what_to_do(
    ask: Any, path: str, body: Any, status: int, says: str
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    reply = ask("POST", path, content=content, headers=headers)
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert says in json.dumps(problem, ensure_ascii=False), problem
    assert "Traceback" not in reply.text
