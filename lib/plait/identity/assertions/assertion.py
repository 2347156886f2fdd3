"""An assertion: what somebody says about two accounts, and the frame of all assertions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import polars as pl

from plait.store.chain_entry import ChainEntry, Payload

LINK, UNLINK, ANSWER = "link", "unlink", "answer"  # of a person, of a person, to a review
UNDO, POSTED = "undo", "posted"  # payloads of the log that are not about two accounts
AssertionKind = Literal["link", "unlink", "answer"]
LINK_ENDS: dict[str, Any] = dict.fromkeys(
    ("account_a", "platform_a", "account_b", "platform_b"), pl.String()
)
# The position of a posted assertion in the feedback log: ms and number (the id of the first stream
# entry of the object), the object, and the row in it. `at` is when it was made, in milliseconds.
LOG_POSITION: dict[str, Any] = {
    "ms": pl.Int64(),
    "number": pl.Int64(),
    "object": pl.String(),
    "row": pl.Int64(),
}
# - entry, index: its place in the identity log; null if it is only in the feedback log yet.
# - time: when it was made. who, why: null in assertions posted without them.
# - undone_by: the entry that undid it; null if it stands.
# - LOG_POSITION and at: null if it was not posted to the endpoint.
ASSERTIONS: dict[str, Any] = {
    "entry": pl.Int64(),
    "index": pl.Int64(),
    "kind": pl.String(),
    **LINK_ENDS,
    "joined": pl.Boolean(),
    "time": pl.Datetime("us", "UTC"),
    "who": pl.String(),
    "why": pl.String(),
    **LOG_POSITION,
    "at": pl.Int64(),
    "undone_by": pl.Int64(),
}
_SAID = (*LINK_ENDS, "joined", "who", "why")


@dataclass(frozen=True)
class Assertion:
    """What somebody says about two accounts.

    Attributes:
        kind: link, unlink, or answer (to a question of `plait identity review`).
        one: an account, as (pseudonym, platform).
        two: the other account.
        joined: whether the two belong to one person.
        who: who says so.
        why: the reason.
    """

    kind: AssertionKind
    one: tuple[str, str]
    two: tuple[str, str]
    joined: bool
    who: str
    why: str

    def to_payload(self) -> Payload:
        """Returns the payload of the identity log."""
        (a, on_a), (b, on_b) = self.one, self.two
        said = dict(zip(_SAID, (a, on_a, b, on_b, self.joined, self.who, self.why), strict=True))
        return {"kind": self.kind, **said}


def posted_payloads(posted: pl.DataFrame) -> list[Payload]:
    """Returns the payloads of the identity log for posted ASSERTIONS."""
    told = posted.select("kind", *_SAID, *LOG_POSITION, "at", time=pl.col("time").dt.epoch("us"))
    return list(told.iter_rows(named=True))


def to_assertions(entries: list[ChainEntry]) -> pl.DataFrame:
    """Returns ASSERTIONS: every assertion in `entries` of the identity log."""
    rows: list[dict[str, Any]] = []
    undone: dict[tuple[int, int], int] = {}
    for entry in entries:
        for index, payload in enumerate(entry.payloads):
            kind = payload and payload.get("kind")
            if not payload or kind not in (LINK, UNLINK, ANSWER, UNDO):
                continue
            if kind == UNDO:
                undone[payload["entry"], payload["index"]] = entry.number
                continue
            rows.append({
                **payload,
                "entry": entry.number,
                "index": index,
                "time": payload.get("time", _microseconds(entry.time)),
            })  # fmt: skip
    for row in rows:
        row["undone_by"] = undone.get((row["entry"], row["index"]))
    frame = pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in ASSERTIONS},
        schema={**ASSERTIONS, "time": pl.Int64()},
    )
    return frame.with_columns(pl.col("time").cast(ASSERTIONS["time"]))


def _microseconds(time: datetime) -> int:
    return round(time.timestamp() * 1e6)
