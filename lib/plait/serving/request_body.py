"""A request's body: read within a limit, parsed strictly, validated with hints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from plait.contracts.http import MAX_BODY, ErrorDetail
from plait.contracts.model_fields import known_fields
from plait.contracts.validation_messages import plain
from plait.errors import nearest
from plait.serving.problems import ProblemError, shown
from plait.serving.strict_json import parse
from plait.serving.unknown_fields import unknown

Message = TypeVar("Message", bound=BaseModel)
Meaning = TypeVar("Meaning")

# What costs the event loop 2 ms at most, whatever it holds.
LIGHT_BYTES, LIGHT_VALUES = 8_192, 256
ERRORS = 20  # that an answer names at most
HINTS = {
    "missing": "Add it.",
    "too_long": "Send several smaller calls.",
    "string_too_long": "Shorten it.",
    "string_pattern_mismatch": "Mend or encode it.",
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
# Beside the event loop, and beside the threads that score and take events.
_READING = ThreadPoolExecutor(1, "read")


async def read(request: Request, understand: Callable[[Any], Meaning]) -> Meaning:
    """Returns what `understand` makes of the request's body, off the event loop if it is long.

    Raises:
        ProblemError: 400 not JSON, 413 too long, 415 another media type, and what `understand`
            raises.
    """
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        detail = f"The body is {shown(kind)}; send Content-Type: application/json."
        raise ProblemError(415, detail)
    body = await _bytes(request)
    if len(body) <= LIGHT_BYTES and body.count(b",") + body.count(b"{") <= LIGHT_VALUES:
        return understand(parse(body))
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_READING, lambda: understand(parse(body)))


async def _bytes(request: Request) -> bytes:
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
    # The rest of the body is not worth reading: the connection ends with this answer.
    detail = f"The body is longer than {MAX_BODY:,} bytes; send several smaller calls."
    return ProblemError(413, detail, headers={"Connection": "close"})


def validate(value: Any, model: type[Message]) -> Message:
    """Returns `value` as a `model`.

    Raises:
        ProblemError: 422, with one entry an error and a hint for each.
    """
    strange = list(islice(unknown(value, model), ERRORS))
    if len(strange) == ERRORS:  # validation would make an error of each of the others too
        raise _invalid([unknown_field(place, model) for place in strange])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _invalid(explain(error, model)) from None


def _invalid(errors: list[ErrorDetail]) -> ProblemError:
    first = errors[0]
    where = ".".join(str(step) for step in first.loc) or "the body"
    detail = f"{where}: {first.msg}. {first.hint}".strip()
    return ProblemError(422, detail, errors)


def explain(
    error: ValidationError, model: type[BaseModel], limit: int = ERRORS, skip: int = 0
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
    loc, kind = item["loc"][skip:], item["type"]
    if kind == "extra_forbidden":
        return unknown_field(loc, model)
    context = item.get("ctx") or {}
    loc = (*loc, *context.get("inside", ()))
    hint = HINTS.get(kind, "See /docs.")
    return ErrorDetail(loc=_steps(loc), msg=plain(item), hint=hint)


def unknown_field(
    loc: Sequence[str | int], model: type[BaseModel], suggest: bool = True
) -> ErrorDetail:
    """Returns the error of a name that `model` has not, with the nearest or all that it has."""
    name = str(loc[-1])[:64] if suggest else ""  # nothing is near to ''
    hint = nearest(name, known_fields(model, loc[:-1]))
    return ErrorDetail(loc=_steps(loc), msg="unknown field", hint=hint)


def _steps(loc: Sequence[str | int]) -> list[str | int]:
    return [step if isinstance(step, int) else shown(step).strip("'") for step in loc]
