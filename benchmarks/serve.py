"""Load on a running endpoint over loopback: requests a second, p50 and p99 of each call.

    plait serve -c plait.yaml &
    python benchmarks/serve.py -c plait.yaml --url http://127.0.0.1:8000 --clients 8 --seconds 10

Bounded in time and count; refuses any address but this machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from plait.config import load_config
from plait.store import Store

MOST = 100_000  # requests a scenario


async def client(host: str, port: int, path: str, bodies: list[bytes], until: float,
                 took: list[float], codes: Counter[int]) -> None:  # fmt: skip
    reader, writer = await asyncio.open_connection(host, port)
    draw = random.Random(id(writer))
    while time.perf_counter() < until and len(took) < MOST:
        body = draw.choice(bodies)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        began = time.perf_counter()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        fields = answer.lower().split(b"\r\n")
        length = next(f for f in fields if f.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        took.append(time.perf_counter() - began)
        codes[int(answer[9:12])] += 1
    writer.close()


async def measure(host: str, port: int, path: str, bodies: list[bytes], clients: int,
                  seconds: float) -> dict[str, object]:  # fmt: skip
    took: list[float] = []
    codes: Counter[int] = Counter()
    began = time.perf_counter()
    await asyncio.gather(
        *(client(host, port, path, bodies, began + seconds, took, codes) for _ in range(clients))
    )
    seconds = time.perf_counter() - began
    took.sort()
    return {
        "path": path,
        "clients": clients,
        "requests_per_s": round(len(took) / seconds),
        "p50_ms": round(took[len(took) // 2] * 1e3, 1),
        "p99_ms": round(took[int(len(took) * 0.99)] * 1e3, 1),
        "status": dict(codes),
    }


def scenarios(config: Path) -> dict[str, tuple[str, list[bytes]]]:
    """Returns bodies of calls for people that the store knows."""
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

    return {
        "recommend, one platform": ("/v1/recommend", encoded(
            [{"user": {"person_id": p}, "k": 10, "platforms": [platform]} for p in people])),
        "recommend, all platforms": ("/v1/recommend", encoded(
            [{"user": {"person_id": p}, "k": 10} for p in people])),
        "rank 50 items": ("/v1/rank", encoded(
            [{"user": {"person_id": p}, "items": draw.sample(items, 50)} for p in people])),
        "events, 1 a call": ("/v1/events", encoded([{"events": [event()]} for _ in range(500)])),
        "events, 100 a call": ("/v1/events", encoded(
            [{"events": [event() for _ in range(100)]} for _ in range(50)])),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", type=Path, default=Path("plait.yaml"))
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    address = urlsplit(options.url)
    if address.hostname not in ("127.0.0.1", "localhost", "::1") or not address.port:
        parser.error("--url must be this machine's, such as http://127.0.0.1:8000")
    for name, (path, bodies) in scenarios(options.config).items():
        for seconds in (1.0, min(options.seconds, 60)):  # the first warms up
            found = measure(address.hostname, address.port, path, bodies, options.clients, seconds)
            result = asyncio.run(found)
        print(json.dumps({"call": name, **result}))


if __name__ == "__main__":
    main()
