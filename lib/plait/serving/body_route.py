"""Routes whose bodies FastAPI documents and `read_body` parses (ADR 17)."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from plait.serving.request_body import read_body, validate_message


@dataclass(frozen=True)
class SentAs:
    """Marks a body parameter (Annotated): clients send a `message`, the route gets `parse` of it.

    Attributes:
        message: the model that /openapi.json describes.
        parse: turns the JSON value into the parameter; raises ProblemError. Default: validates it
            as a `message`.
    """

    message: type[BaseModel]
    parse: Callable[[Any], Any] | None = None

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Returns a schema that validates with `parse` only."""
        parse = self.parse or partial(validate_message, model=self.message)
        return core_schema.no_info_plain_validator_function(
            parse, json_schema_input_schema=handler.generate_schema(self.message)
        )


class BodyRoute(APIRoute):
    """A route whose function takes the request and its body. Routes without a body are FastAPI's.

    `request.state.began` is the time at which reading the body began (`time.perf_counter`).
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Returns the coroutine function that handles a request."""
        field, respond = self.body_field, self.endpoint
        if field is None:
            return super().get_route_handler()

        def parse(value: Any) -> Any:
            parsed, errors = field.validate(value)
            if errors:
                raise RequestValidationError(errors)
            return parsed

        async def handle(request: Request) -> Response:
            request.state.began = time.perf_counter()
            response: Response = await respond(request, await read_body(request, parse))
            return response

        return handle
