"""Parses untrusted JSON strictly, and limits its size before any value is built.

A body of a megabyte can hold half a million values. Building them takes a hundred times as long as
any valid call does. So values, depth and digits are counted first, by functions on bytes that take
a few milliseconds per megabyte, whatever the body contains.
"""

from __future__ import annotations

import json
from typing import Any

from plait.serving.problems import ProblemError, quote_input

MAX_VALUES = 25_000  # the longest valid call has under 11,000
MAX_DEPTH = 16  # a valid call has 4
MAX_DIGITS = 400  # the largest float, written out, has 309
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def parse_json(body: bytes) -> Any:
    """Returns the JSON value in `body`.

    Raises:
        ProblemError: 400 if it is not JSON in UTF-8, holds NaN or a duplicate key, or has more
            values, depth or digits than any valid call.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _bad_request(f"The body is not UTF-8 (byte {error.start}).") from None
    if text.startswith("\ufeff"):
        raise _bad_request("The body starts with a byte order mark (BOM); send it without.")
    _check_size(body)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _bad_request(f"The body is not JSON: {error.msg} at {where}.") from None


def _check_size(body: bytes) -> None:
    opened = body.count(b"[") + body.count(b"{")
    if opened <= MAX_DEPTH and opened + body.count(b",") <= MAX_VALUES:
        return
    # The contents of strings do not count: without escaped quotes, they are the odd parts.
    bare = body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body
    if bare.count(b'"') > 4 * MAX_VALUES:  # a value is at most one string, and so is its key
        raise _too_many()
    outside = b"".join(bare.split(b'"')[::2])
    _check_depth(outside.translate(None, _NOT_BRACKETS)[: 2 * MAX_VALUES])
    if outside.count(b"[") + outside.count(b"{") + outside.count(b",") > MAX_VALUES:
        raise _too_many()


def _check_depth(brackets: bytes) -> None:
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise _bad_request(f"The body is nested too deep; {MAX_DEPTH} levels are allowed.")
        if depth < 0:
            return  # not JSON: the parser gives the better message


def _too_many() -> ProblemError:
    return _bad_request(
        f"The body holds more than {MAX_VALUES:,} values and keys; send several smaller calls."
    )


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _bad_request(
                    f"The body is not JSON: the key {quote_input(key)} occurs twice in one object."
                )
            seen.add(key)
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _too_long()
    return int(digits)


def _float(digits: str) -> float:
    if len(digits) > MAX_DIGITS:
        raise _too_long()
    return float(digits)


def _too_long() -> ProblemError:
    return _bad_request(f"The body holds a number of more than {MAX_DIGITS} digits.")


def _refuse_constant(word: str) -> None:
    raise _bad_request(f"The body is not JSON: {word} is not a JSON number.")


def _bad_request(detail: str) -> ProblemError:
    return ProblemError(400, detail)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_keys,
    parse_constant=_refuse_constant,
    parse_int=_integer,
    parse_float=_float,
)
