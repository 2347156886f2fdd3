"""A route of BodyRoute: FastAPI describes its body, `read_body` reads it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from plait.contracts.http_messages import Account, StrictMessage
from plait.serving.body_route import BodyRoute, SentAs
from plait.serving.problems import install_problem_handlers


class Pair(StrictMessage):
    """Two numbers."""

    left: int
    right: int = 0


@dataclass
class Total:
    """Their sum."""

    value: int


class Plain(BaseModel):
    """A body that nothing marks."""

    count: int


Sum = Annotated[Total, SentAs(Pair, lambda body: Total(body["left"] + body["right"]))]


def build() -> FastAPI:
    app = FastAPI()
    app.router.route_class = BodyRoute
    install_problem_handlers(app)

    @app.post("/sum")
    async def add(request: Request, sent: Sum) -> Response:
        assert request.state.began > 0
        return Response(str(sent.value))

    @app.post("/pair")
    async def pair(_: Request, sent: Annotated[Pair, SentAs(Pair)]) -> Response:
        return Response(f"{sent.left} {sent.right}")

    @app.post("/plain")
    async def plain(_: Request, sent: Plain) -> Response:
        return Response(str(sent.count))

    @app.get("/account/{platform}/{account}")
    async def account(platform: str, account: str) -> Account:
        return Account(platform=platform, id=account)

    return app


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return build()


def send(app: FastAPI, method: str, path: str, content: bytes = b"") -> httpx.Response:
    async def run() -> httpx.Response:
        way = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=way, base_url="http://plait") as client:
            return await client.request(method, path, content=content)

    return asyncio.run(run())


def test_the_route_gets_what_is_parsed_and_a_message_where_no_parser_is_named(
    app: FastAPI,
) -> None:
    assert send(app, "POST", "/sum", b'{"left": 2, "right": 3}').text == "5"
    assert send(app, "POST", "/pair", b'{"left": 2}').text == "2 0"
    assert send(app, "POST", "/plain", b'{"count": 4}').text == "4"
    assert send(app, "GET", "/account/shop/7").json() == {"platform": "shop", "id": "7"}


@pytest.mark.parametrize(
    ("path", "content", "status", "says"),
    [
        ("/pair", b'{"left": 2, "rigth": 3}', 422, "Did you mean 'right'?"),
        ("/pair", b'{"left": 2, "left": 3}', 400, "occurs twice"),
        ("/pair", b"", 400, "not JSON"),
        ("/plain", b'{"count": NaN}', 400, "NaN"),
        ("/plain", b'{"count": "x"}', 422, "count"),
    ],
)
def test_a_wrong_body_is_a_problem(
    app: FastAPI, path: str, content: bytes, status: int, says: str
) -> None:
    reply = send(app, "POST", path, content)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert says in reply.text


def test_the_document_describes_the_message_that_is_sent(app: FastAPI) -> None:
    document: dict[str, Any] = app.openapi()
    for path, name in [("/sum", "Pair"), ("/pair", "Pair"), ("/plain", "Plain")]:
        body = document["paths"][path]["post"]["requestBody"]
        assert body["required"]
        schema = {"$ref": f"#/components/schemas/{name}"}
        assert body["content"] == {"application/json": {"schema": schema}}
    assert document["components"]["schemas"]["Pair"]["required"] == ["left"]
