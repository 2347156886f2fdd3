"""The routes about people: what is known, export and erasure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from plait.contracts.privacy_messages import ErasureReceipt, KnownPerson
from plait.serving.openapi import route_options
from plait.serving.path_check import decode_url_text, raw_path
from plait.serving.privacy_service import PrivacyService

EXPORT_TYPE = "application/x-ndjson"
_ACCOUNTS = b"/v1/accounts/"
Result = TypeVar("Result")


class PrivacyHandler(Protocol):
    """What the routes call."""

    async def privacy(self, work: Callable[[PrivacyService], Result]) -> Result:
        """Returns what `work` returns; it runs off the event loop."""
        ...


def add_privacy_routes(app: FastAPI, handler: Callable[[], PrivacyHandler]) -> None:
    """Adds the routes to `app`; `handler` returns the request handler."""

    @app.get("/v1/persons/{person_id}", **route_options(KnownPerson, parameters=()))
    async def known(person_id: str) -> Response:
        """Returns what is known of a person: accounts, platforms, counts and consent."""
        return _json(await handler().privacy(lambda service: service.describe(person_id)))

    @app.get(
        "/v1/persons/{person_id}/export",
        response_class=StreamingResponse,
        **_export_options(),
    )
    async def export(person_id: str) -> Response:
        """Returns everything about a person as JSON lines."""
        lines: Iterator[bytes] = await handler().privacy(lambda service: service.export(person_id))
        return StreamingResponse(lines, media_type=EXPORT_TYPE)

    @app.delete(
        "/v1/persons/{person_id}",
        status_code=202,
        **route_options(ErasureReceipt, parameters=(), status=202),
    )
    async def erase_person(person_id: str) -> Response:
        """Erases a person with all accounts. Repeating it returns the same receipt."""
        done = await handler().privacy(lambda service: service.erase_person(person_id))
        return _json(done, 202)

    @app.delete(
        "/v1/accounts/{platform}/{account:path}",
        status_code=202,
        **route_options(ErasureReceipt, parameters=(), status=202),
    )
    async def erase_account(request: Request, platform: str, account: str) -> Response:
        """Erases one account. Repeating it returns the same receipt."""
        sent, _, raw = raw_path(request.scope).partition(_ACCOUNTS)[2].partition(b"/")
        place, name = decode_url_text(sent), decode_url_text(raw)
        done = await handler().privacy(lambda service: service.erase_account(place, name))
        return _json(done, 202)

    @app.get("/v1/erasures/{receipt}", **route_options(ErasureReceipt, parameters=()))
    async def erasure(receipt: str) -> Response:
        """Returns the receipt of an erasure: each place, and when it was done."""
        return _json(await handler().privacy(lambda service: service.receipt(receipt)))


def _export_options() -> dict[str, Any]:
    options = route_options(KnownPerson, parameters=())
    lines = {EXPORT_TYPE: {"schema": {"type": "string", "description": "one JSON object a line"}}}
    options["responses"][200] = {"description": "JSON lines", "content": lines}
    return options


def _json(message: KnownPerson | ErasureReceipt, status: int = 200) -> Response:
    return Response(message.model_dump_json(), status, media_type="application/json")
