"""Reads a request's body up to a size limit, parses it strictly, and validates it with hints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from plait.contracts.http_messages import MAX_BODY, ErrorDetail
from plait.contracts.validation_messages import describe_error, known_fields
from plait.errors import nearest
from plait.serving.problems import ProblemError, quote_input
from plait.serving.strict_json import parse_json
from plait.serving.unknown_fields import find_unknown_fields

MessageT = TypeVar("MessageT", bound=BaseModel)
ParsedT = TypeVar("ParsedT")

# A body of this many bytes costs the event loop 2 ms at most, whatever it contains.
INLINE_MAX_BYTES, INLINE_MAX_VALUES = 8_192, 256
MAX_ERRORS = 20  # per response
ERROR_HINTS = {
    "missing": "Add it.",
    "too_long": "Send several smaller calls.",
    "string_too_long": "Shorten it.",
    "string_pattern_mismatch": "Correct or encode it.",
    "one_object": "Name its object: item_id, topic, creator or query.",
    "greater_than_equal": "Send more.",
    "greater_than": "Send more.",
    "less_than_equal": "Send less.",
    "less_than": "Send less.",
    "too_short": "Add what is missing.",
    "string_too_short": "Send it, or leave the field out.",
    "string_unicode": "This is half of a surrogate pair; send the whole character.",
    "literal_error": "Use one of the words listed.",
}
# Separate from the event loop and from the threads that score and store events.
_PARSE_POOL = ThreadPoolExecutor(1, "read")


async def read_body(request: Request, understand: Callable[[Any], ParsedT]) -> ParsedT:
    """Returns `understand` of the request's parsed body, off the event loop if the body is long.

    Raises:
        ProblemError: 400 if it is not JSON, 413 if it is too long, 415 if the media type is wrong,
            and whatever `understand` raises.
    """
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        detail = f"The body is {quote_input(kind)}; send Content-Type: application/json."
        raise ProblemError(415, detail)
    body = await _read_bytes(request)
    if len(body) <= INLINE_MAX_BYTES and body.count(b",") + body.count(b"{") <= INLINE_MAX_VALUES:
        return understand(parse_json(body))
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_PARSE_POOL, lambda: understand(parse_json(body)))


async def _read_bytes(request: Request) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 20 or int(length) > MAX_BODY):
        raise _too_long()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise _too_long()
    return bytes(body)


def _too_long() -> ProblemError:
    # The rest of the body is not read: the connection is closed after this response.
    detail = f"The body is longer than {MAX_BODY:,} bytes; send several smaller calls."
    return ProblemError(413, detail, headers={"Connection": "close"})


def validate_message(value: Any, model: type[MessageT]) -> MessageT:
    """Returns `value` as a `model`.

    Raises:
        ProblemError: 422, with one entry and a hint per error.
    """
    strange = list(islice(find_unknown_fields(value, model), MAX_ERRORS))
    if len(strange) == MAX_ERRORS:  # validation would report each of the others too
        raise _validation_problem([unknown_field_error(place, model) for place in strange])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _validation_problem(error_details(error, model)) from None


def _validation_problem(errors: list[ErrorDetail]) -> ProblemError:
    first = errors[0]
    where = ".".join(str(step) for step in first.loc) or "the body"
    detail = f"{where}: {first.msg}. {first.hint}".strip()
    return ProblemError(422, detail, errors)


def error_details(
    error: ValidationError, model: type[BaseModel], limit: int = MAX_ERRORS, skip: int = 0
) -> list[ErrorDetail]:
    """Returns the details of a validation error. Unknown fields get the nearest known name.

    Args:
        error: the error that validation raised.
        model: the expected model.
        limit: maximum number of errors to return.
        skip: leading steps of each location that lead to the model, such as 1 in a list of models.
    """
    return [_detail(item, model, skip) for item in error.errors(include_url=False)[:limit]]


def _detail(item: Mapping[str, Any], model: type[BaseModel], skip: int) -> ErrorDetail:
    loc, kind = item["loc"][skip:], item["type"]
    if kind == "extra_forbidden":
        return unknown_field_error(loc, model)
    context = item.get("ctx") or {}
    loc = (*loc, *context.get("inside", ()))
    hint = ERROR_HINTS.get(kind, "See /docs.")
    return ErrorDetail(loc=_printable_path(loc), msg=describe_error(item), hint=hint)


def unknown_field_error(
    loc: Sequence[str | int], model: type[BaseModel], suggest: bool = True
) -> ErrorDetail:
    """Returns the error for a field that `model` lacks, with the nearest field or all fields."""
    name = str(loc[-1])[:64] if suggest else ""  # '' has no nearest name
    hint = nearest(name, known_fields(model, loc[:-1]))
    return ErrorDetail(loc=_printable_path(loc), msg="unknown field", hint=hint)


def _printable_path(loc: Sequence[str | int]) -> list[str | int]:
    return [step if isinstance(step, int) else quote_input(step).strip("'") for step in loc]
