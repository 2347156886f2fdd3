"""Load on an endpoint over loopback, beside an empty handler in the same set-up.

    python benchmarks/serve.py -c plait.yaml --clients 8 --seconds 5 --rounds 3

It starts the endpoint as `plait serve` does, and in the same Ray Serve, behind the same HAProxy, a
second application with the same deployment options whose handler reads the body and answers `{}`.
Rounds go through all calls and the empty handler in turn, so that a noisy machine is noisy for
both. The last line is for programs: throughput of each call over that of the empty handler, its p99
over the empty handler's (recommend, one platform), and the p99 of the time from an event that is
sent to an answer that knows it. Every answer must be 2xx, of the empty handler too, else it ends
with status 1 and no ratios. Bounded in time and count; it talks to 127.0.0.1 alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response  # here, where FastAPI finds them by their names

from plait.config import load_config
from plait.serving.launch_endpoint import run_endpoint
from plait.serving.ray_environment import free_port
from plait.store import Store

MOST = 100_000  # requests a scenario
EMPTY = "empty handler"
NAMES = {
    "recommend, one platform": "recommend",
    "recommend, all platforms": "recommend_all",
    "rank 50 items": "rank",
    "events, 1 a call": "events",
}


@dataclass
class Measured:
    """What the rounds of one call found."""

    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)

    @property
    def per_s(self) -> float:
        """Requests a second."""
        return len(self.took) / self.seconds

    def ms(self, quantile: float) -> float:
        """Milliseconds within which that share of requests was answered."""
        return sorted(self.took)[int((len(self.took) - 1) * quantile)] * 1e3


class Connection:
    """One connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, host: str, port: int) -> Connection:
        """Opens one."""
        return cls(*await asyncio.open_connection(host, port))

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Returns status and body."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: plait\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        fields = answer.lower().split(b"\r\n")
        length = next(f for f in fields if f.startswith(b"content-length:"))
        return int(answer[9:12]), await self._reader.readexactly(int(length.split(b":")[1]))

    def close(self) -> None:
        """Closes it."""
        self._writer.close()


async def client(host: str, port: int, path: str, bodies: list[bytes], until: float,
                 found: Measured) -> None:  # fmt: skip
    connection = await Connection.to(host, port)
    draw = random.Random(id(connection))
    while time.perf_counter() < until and len(found.took) < MOST:
        began = time.perf_counter()
        try:
            status, _ = await connection.post(path, draw.choice(bodies))
        except (asyncio.IncompleteReadError, OSError):
            status, connection = 0, await Connection.to(host, port)
        found.took.append(time.perf_counter() - began)
        found.codes[status] += 1
    connection.close()


async def load(host: str, port: int, path: str, bodies: list[bytes], clients: int,
               seconds: float, found: Measured) -> None:  # fmt: skip
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(client(host, port, path, bodies, until, found) for _ in range(clients)))
    found.seconds += time.perf_counter() - began


async def event_to_answer(host: str, port: int, items: list[str], count: int) -> Measured:
    """Returns the seconds from an event that is sent to an answer that knows it, one at a time."""
    connection, found, draw = await Connection.to(host, port), Measured(), random.Random(1)
    for _ in range(count):
        item = draw.choice(items)
        user = {"platform": item.split(":")[0], "id": f"bench-{secrets.token_hex(8)}"}
        event = {"events": [{"type": "purchase", "user": user, "item_id": item}]}
        question = json.dumps({"user": user, "k": 10, "platforms": [user["platform"]]}).encode()
        began = time.perf_counter()
        status, body = await connection.post("/v1/events", json.dumps(event).encode())
        if not 200 <= status < 300:
            raise SystemExit(f"an event was answered with {status}: {body[:300]!r}")
        for _ in range(50):
            status, body = await connection.post("/v1/recommend", question)
            if status == 200 and json.loads(body)["person"]["state"] == "warm":
                break
        else:
            raise SystemExit(f"an event was in none of 50 answers: {body[:300]!r}")
        found.took.append(time.perf_counter() - began)
    connection.close()
    return found


def start_empty() -> None:
    """Starts the empty handler beside the endpoint, with the endpoint's deployment options."""
    from ray import serve

    from plait.serving.deployment import MAX_BATCH_SIZE

    app = FastAPI()

    @app.post("/{path:path}")
    async def nothing(request: Request) -> Response:
        await request.body()
        return Response(b"{}", media_type="application/json")

    @serve.deployment(
        name="empty",
        num_replicas=1,
        max_ongoing_requests=16 * MAX_BATCH_SIZE,
        ray_actor_options={"num_cpus": 0},
        logging_config={"enable_access_log": False},
    )
    @serve.ingress(app)
    class Empty:
        pass

    serve.run(Empty.bind(), name="empty", route_prefix="/empty")
    time.sleep(10)  # HAProxy lets go of connections for 5 s after it has read new settings


def scenarios(config: Path) -> tuple[dict[str, tuple[str, list[bytes]]], list[str]]:
    """Returns bodies of calls for people that the store knows, and its items."""
    store = Store(load_config(config).store_uri)
    people = store.read("sequences")["person"].head(2_000).to_list()
    items = store.read("items").head(2_000)["item"].to_list()
    platform = items[0].split(":")[0]
    draw = random.Random(0)

    def event() -> dict[str, object]:
        item = draw.choice(items)
        user = {"platform": item.split(":")[0], "id": f"bench-{draw.randrange(500)}"}
        return {"type": "view", "user": user, "item_id": item}

    def encoded(bodies: list[dict[str, object]]) -> list[bytes]:
        return [json.dumps(body).encode() for body in bodies]

    one = encoded([{"user": {"person_id": p}, "k": 10, "platforms": [platform]} for p in people])
    return {
        EMPTY: ("/empty/v1/recommend", one),
        "recommend, one platform": ("/v1/recommend", one),
        "recommend, all platforms": ("/v1/recommend", encoded(
            [{"user": {"person_id": p}, "k": 10} for p in people])),
        "rank 50 items": ("/v1/rank", encoded(
            [{"user": {"person_id": p}, "items": draw.sample(items, 50)} for p in people])),
        "events, 1 a call": ("/v1/events", encoded([{"events": [event()]} for _ in range(500)])),
        "events, 100 a call": ("/v1/events", encoded(
            [{"events": [event() for _ in range(100)]} for _ in range(50)])),
    }, items  # fmt: skip


def measure(config: Path, clients: int, seconds: float, rounds: int) -> None:
    calls, items = scenarios(config)
    found = {name: Measured() for name in calls}
    with run_endpoint(config, port=free_port(), replicas=1) as endpoint:
        start_empty()
        address = urlsplit(endpoint.url)
        host, port = str(address.hostname), int(address.port or 0)
        warm = {name: Measured() for name in calls}
        for name, (path, bodies) in calls.items():
            asyncio.run(load(host, port, path, bodies, clients, 1.0, warm[name]))
        refuse_failures(warm)
        for _ in range(rounds):
            for name, (path, bodies) in calls.items():
                asyncio.run(load(host, port, path, bodies, clients, seconds, found[name]))
        known = asyncio.run(event_to_answer(host, port, items, 300))
    report(found)
    refuse_failures(found)
    ratios = [
        f"{short}={found[name].per_s / found[EMPTY].per_s:.3f}" for name, short in NAMES.items()
    ]
    slower = found["recommend, one platform"].ms(0.99) / found[EMPTY].ms(0.99)
    print(
        "ratio", *ratios, f"p99x={slower:.2f}", f"event_to_answer_p99_ms={known.ms(0.99):.1f}",
        flush=True,
    )  # fmt: skip


def report(found: dict[str, Measured]) -> None:
    """Prints a line a call."""
    print(f"{'call':<26}{'requests/s':>11}{'p50 ms':>9}{'p99 ms':>9}  status")
    for name, one in found.items():
        codes = dict(one.codes)
        print(f"{name:<26}{one.per_s:>11.0f}{one.ms(0.5):>9.1f}{one.ms(0.99):>9.1f}  {codes}")


def refuse_failures(found: dict[str, Measured]) -> None:
    """Ends the program where an answer was not 2xx: figures of failures compare nothing."""
    failed = {
        name: {code: count for code, count in one.codes.items() if not 200 <= code < 300}
        for name, one in found.items()
    }
    failed = {name: codes for name, codes in failed.items() if codes}
    if failed or not all(one.codes for one in found.values()):
        raise SystemExit(f"not measured: answers that were not 2xx (0: no answer): {failed}")


def main() -> None:
    parser: Any = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", type=Path, default=Path("plait.yaml"))
    parser.add_argument("--clients", type=int, default=8, choices=range(1, 65), metavar="N")
    parser.add_argument("--seconds", type=float, default=5, help="of a call in a round, at most 60")
    parser.add_argument("--rounds", type=int, default=3, choices=range(1, 11), metavar="N")
    options = parser.parse_args()
    measure(options.config, options.clients, min(options.seconds, 60), options.rounds)


if __name__ == "__main__":
    main()
