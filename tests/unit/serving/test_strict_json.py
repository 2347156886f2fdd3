from __future__ import annotations

import time

import pytest

from plait.serving.problems import ProblemError
from plait.serving.strict_json import MAX_DEPTH, MAX_DIGITS, MAX_VALUES, parse_json

LONG = 990_000  # bytes, just under MAX_BODY


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"{", "line 1"),
        (b"\xff", "UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b'{"a": {"b": 1, "b": 2}}', "'b' occurs twice"),
        (b'{"\\ud800": 1, "\\ud800": 2}', "occurs twice"),
        (b'{"' + b"a" * 400_000 + b'": 1, "' + b"a" * 400_000 + b'": 1}', "occurs twice"),
        (b"[" * (MAX_DEPTH + 1), "nested"),
        (b'{"a":' * 20_000, "nested"),
        (b"[" * 100_000 + b"]" * 100_000, "nested"),
        (b"9" * 5_000, "400 digits"),
        (b'{"k": ' + b"9" * LONG + b"}", "400 digits"),
        (b"[-0." + b"1" * LONG + b"]", "400 digits"),
        (b"]" * LONG, "not JSON"),
        (b'"\x00"', "control"),
    ],
)
def test_what_is_not_strict_json_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(ProblemError, match=says) as caught:
        parse_json(body)
    assert caught.value.status == 400
    assert len(caught.value.detail) < 200
    caught.value.detail.encode()  # can be sent


def test_strict_json_is_read() -> None:
    assert parse_json(b'{"a": [1, 2.5, null, "\\u00e9"]}') == {"a": [1, 2.5, None, "é"]}
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert parse_json(b"9" * MAX_DIGITS) == int("9" * MAX_DIGITS)


def test_what_stands_in_strings_is_not_counted() -> None:
    text = '[{"\\":,' * 60_000
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert parse_json(f'{{"a": "{escaped}", "b": "\\\\"}}'.encode()) == {"a": text, "b": "\\"}
    assert len(parse_json(b"[" + b'"{[,",' * (MAX_VALUES - 2) + b"1]")) == MAX_VALUES - 1


@pytest.mark.parametrize(
    "body",
    [
        b"{" + b",".join(b'"%d":0' % n for n in range(90_000)) + b',"5":1}',
        b"{" + b",".join(b'"%d":0' % n for n in range(MAX_VALUES)) + b',"5":1}',
        b"[" + b"{}," * (LONG // 3) + b"1]",
        b"[" + b"[]," * (LONG // 3) + b"1]",
        b"[" + b'"",' * (LONG // 3) + b"1]",
        b"[" + b"1," * (LONG // 2) + b"1]",
        b"[" + b"1," * MAX_VALUES + b"1]",
    ],
)
def test_more_values_than_any_right_call_holds_are_not_built(body: bytes) -> None:
    with pytest.raises(ProblemError, match="values") as caught:
        parse_json(body)
    assert caught.value.status == 400


def test_a_key_that_stands_twice_is_found_in_linear_time() -> None:
    def cpu(keys: int) -> float:
        names = b",".join(b'"%d":0' % n for n in range(keys))
        body = b"{" + names + b',"%d":1}' % (keys - 1)
        took = []
        for _ in range(5):
            began = time.thread_time()
            with pytest.raises(ProblemError, match="occurs twice"):
                parse_json(body)
            took.append(time.thread_time() - began)
        return min(took)

    # 8 times the keys: 8 times the work; it would be 64 times if each key looked at all others.
    assert cpu(24_000) < 24 * cpu(3_000)
