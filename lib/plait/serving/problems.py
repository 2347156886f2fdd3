"""Errors as RFC 9457 problem responses (application/problem+json)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from plait.contracts.http_messages import ErrorDetail, Problem
from plait.errors import LiveStateDown, PlaitError, TooManyAccounts, UnknownPlatform

log = logging.getLogger("plait.serving")
MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """Ends a request with a problem response."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[ErrorDetail] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, list(errors)
        self.headers = dict(headers or {})


def field_problem(place: str, message: str, hint: str = "") -> ProblemError:
    """Returns a 422 problem about one field. `place` is its path, such as `user.platform`."""
    steps: list[str | int] = [int(s) if s.isdigit() else s for s in place.split(".")]
    detail = f"{place}: {message}. {hint}".strip()
    return ProblemError(422, detail, [ErrorDetail(loc=steps, msg=message, hint=hint)])


def quote_input(text: str) -> str:
    """Returns `text` in quotes, cut to 64 characters and made printable."""
    clean = text[:64].encode("ascii", "backslashreplace").decode()
    return "'" + "".join(c if c.isprintable() else "?" for c in clean) + "'"


def problem_response(error: ProblemError) -> Response:
    """Returns `error` as an HTTP response."""
    problem = Problem(
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=error.detail,
        errors=error.errors,
    )
    body = to_json(problem.body(), inf_nan_mode="null")
    return Response(body, error.status, error.headers, MEDIA_TYPE)


def problem_from_plait_error(error: PlaitError) -> ProblemError:
    """Returns the problem with the message of a PlaitError. Unexpected kinds are logged."""
    status = 500
    if isinstance(error, UnknownPlatform):
        status = 422
    elif isinstance(error, TooManyAccounts):
        status = 409
    elif isinstance(error, LiveStateDown):
        status = 503
    if status == 500:
        return _logged_problem(error, str(error))
    headers = {"Retry-After": "1"} if status == 503 else {}
    return ProblemError(status, str(error), headers=headers)


def problem_from_exception(error: Exception) -> ProblemError:
    """Logs an unexpected error with an id. The client gets the id, never the traceback."""
    return _logged_problem(error, "An unexpected error.")


def _logged_problem(error: Exception, detail: str) -> ProblemError:
    fault = f"f_{secrets.token_hex(8)}"
    log.error("%s", detail, exc_info=error, extra={"fault_id": fault})
    return ProblemError(500, f"{detail} Report the id {fault}; the endpoint's log has it.")


def install_problem_handlers(app: FastAPI) -> None:
    """Turns every error that leaves `app` into a problem response."""

    @app.exception_handler(ProblemError)
    async def _problem(_: Request, error: ProblemError) -> Response:
        return problem_response(error)

    @app.exception_handler(PlaitError)
    async def _plait(_: Request, error: PlaitError) -> Response:
        return problem_response(problem_from_plait_error(error))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        where = quote_input(request.scope["path"])
        detail = {
            404: f"There is nothing at {where}; see /docs.",
            405: f"{quote_input(request.method)} is not allowed at {where}; see /docs.",
        }.get(error.status_code, str(error.detail))
        return problem_response(ProblemError(error.status_code, detail, headers=error.headers))

    @app.exception_handler(RequestValidationError)
    async def _query(_: Request, error: RequestValidationError) -> Response:
        errors = [
            ErrorDetail(loc=list(e["loc"]), msg=e["msg"], hint="See /docs.") for e in error.errors()
        ]
        return problem_response(ProblemError(422, "The request cannot be used.", errors))

    @app.exception_handler(Exception)
    async def _fault(_: Request, error: Exception) -> Response:
        return problem_response(problem_from_exception(error))
