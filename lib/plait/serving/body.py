"""A request's body: read within a limit, parsed strictly, validated with hints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from plait.contracts.fields import known_fields
from plait.contracts.http import MAX_BODY, ErrorDetail
from plait.errors import nearest
from plait.serving.problem import ProblemError

Message = TypeVar("Message", bound=BaseModel)

HINTS = {
    "missing": "Add it.",
    "string_pattern_mismatch": "Ids hold no control characters; item ids are platform:id.",
    "too_long": "Send several smaller calls.",
    "string_too_long": "Shorten it.",
    "string_unicode": "Send well-formed Unicode; this is half of a surrogate pair.",
    "value_error": "See /docs.",
    "literal_error": "Use one of the words listed.",
}


async def read(request: Request, model: type[Message]) -> Message:
    """Returns the request's body as a `model`.

    Raises:
        ProblemError: 400 not JSON, 413 too long, 415 another media type, 422 not a `model`.
    """
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        detail = f"The body is '{kind[:100]}'; send Content-Type: application/json."
        raise ProblemError(415, detail)
    return validate(parse(await _bytes(request)), model)


async def _bytes(request: Request) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY:
        raise _too_long()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise _too_long()
    return bytes(body)


def _too_long() -> ProblemError:
    # The rest of the body is not worth reading: the connection ends with this answer.
    detail = f"The body is longer than {MAX_BODY:,} bytes; send several smaller calls."
    return ProblemError(413, detail, headers={"Connection": "close"})


def parse(body: bytes) -> Any:
    """Returns the JSON value in `body`; refuses NaN, repeated keys and bottomless nesting."""
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        detail = f"The body is not UTF-8 (byte {error.start})."
    except json.JSONDecodeError as error:
        detail = f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
    except RecursionError:
        detail = "The body is nested too deep."
    except ValueError as error:
        detail = f"The body is not JSON: {error}"
    raise ProblemError(400, detail)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        msg = f"the key {shown(twice)} stands twice in one object."
        raise ValueError(msg)
    return found


def _refuse_constant(word: str) -> None:
    msg = f"{word} is not a JSON number."
    raise ValueError(msg)


def validate(value: Any, model: type[Message]) -> Message:
    """Returns `value` as a `model`.

    Raises:
        ProblemError: 422, with one entry an error and a hint for each.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        errors = explain(error, model)
        first = errors[0]
        where = ".".join(str(step) for step in first.loc) or "the body"
        detail = f"{where}: {first.msg}. {first.hint}".strip()
        raise ProblemError(422, detail, errors) from None


def explain(
    error: ValidationError, model: type[BaseModel], limit: int = 20, skip: int = 0
) -> list[ErrorDetail]:
    """Returns what is wrong, with the nearest known name for an unknown field.

    Args:
        error: what validation said.
        model: what was wanted.
        limit: errors to return at most.
        skip: steps of each place that lead to the model, such as 1 in a list of models.
    """
    return [_detail(item, model, skip) for item in error.errors(include_url=False)[:limit]]


def _detail(item: Mapping[str, Any], model: type[BaseModel], skip: int) -> ErrorDetail:
    loc: Sequence[str | int] = item["loc"]
    kind, message = item["type"], item["msg"].removeprefix("Value error, ")
    hint = HINTS.get(kind, "See /docs.")
    if kind == "extra_forbidden":
        message = "unknown field"
        hint = nearest(str(loc[-1])[:64], known_fields(model, loc[skip:-1]))
    elif kind in ("greater_than_equal", "less_than_equal", "too_long", "too_short"):
        limits = item.get("ctx", {})
        hint = f"{hint} Limits: {limits}." if kind == "too_long" else f"Limits: {limits}."
    steps = [s if isinstance(s, int) else shown(s).strip("'") for s in loc]
    return ErrorDetail(loc=steps, msg=message, hint=hint)


def shown(text: str) -> str:
    """Returns `text` quoted, short and printable, whatever a client put into it."""
    clean = text[:64].encode("ascii", "backslashreplace").decode()
    return "'" + "".join(c if c.isprintable() else "?" for c in clean) + "'"
