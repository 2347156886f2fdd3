"""A running `plait serve`, and what tests send to it."""

from __future__ import annotations

import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@dataclass
class Server:
    url: str
    file: Path
    process: subprocess.Popen[str]
    live_state: str
    log: Path  # its stderr

    def valkey(self) -> int:
        """Returns the process of its Valkey."""
        return next(p for p in children(self.process.pid) if "valkey" in name_of(p))


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def recommend(http: httpx.Client, account: str, platform: str = "shop", **more: Any) -> Any:
    body = {"user": {"platform": platform, "id": account}, "platforms": ["shop"], **more}
    reply = http.post("/v1/recommend", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def newcomer() -> str:
    return f"new-{secrets.token_hex(4)}"


def bought(account: str, item: str, platform: str = "shop", **more: Any) -> dict[str, Any]:
    user = {"platform": platform, "id": account}
    return {"type": "purchase", "user": user, "item_id": item, **more}


def ids(answer: Any) -> list[str]:
    return [item["item_id"] for item in answer["items"]]
