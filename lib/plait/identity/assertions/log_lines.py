"""The identity log as lines that a user reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from plait.identity.assertions.assertion import POSTED, UNDO
from plait.store.chain_entry import Payload
from plait.store.hash_chain import BREAK, REDACTION, ChainContent


def log_lines(content: ChainContent) -> list[dict[str, Any]]:
    """Returns one JSON object for each assertion, undo, redaction and accepted break, in order.

    Each has place, kind, time, who, why, accounts (account, platform, and an empty list if it is
    about none), joined, of (the place that it is about), undone_by (the number of an entry) and
    posted (whether it was posted to the endpoint).
    """
    undone = {
        (payload["entry"], payload["index"]): entry.number
        for entry in content.entries
        for payload in entry.payloads
        if payload and payload["kind"] == UNDO
    }
    return [
        _line(entry.number, index, entry.time, payload, undone.get((entry.number, index)))
        for entry in content.entries
        for index, payload in enumerate(entry.payloads)
        if payload is None or payload["kind"] != POSTED
    ]


def _line(
    number: int, index: int, time: datetime, payload: Payload | None, undone_by: int | None
) -> dict[str, Any]:
    said = payload or {"kind": "redacted"}
    if micros := said.get("time"):
        time = datetime.fromtimestamp(micros / 1e6, UTC)
    return {
        "place": f"{number}.{index}",
        "kind": said["kind"],
        "time": time.isoformat(timespec="seconds"),
        "who": said.get("who"),
        "why": said.get("why"),
        "accounts": [
            {"account": said[f"account_{side}"], "platform": said[f"platform_{side}"]}
            for side in "ab"
            if f"account_{side}" in said
        ],
        "joined": said.get("joined"),
        "of": _about(said),
        "undone_by": undone_by,
        "posted": "object" in said,
    }


def _about(said: Payload) -> str | None:
    """Returns the places that an undo, a redaction or an accepted break is about."""
    if said["kind"] == UNDO:
        return f"{said['entry']}.{said['index']}"
    if said["kind"] == REDACTION:
        return ", ".join(f"{number}.{index}" for number, index in said["of"])
    return str(said["of"]) if said["kind"] == BREAK else None
