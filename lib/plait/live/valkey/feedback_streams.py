"""The feedback streams in Valkey: read through a consumer group by one drainer at a time."""

from __future__ import annotations

from collections.abc import Sequence

import redis

from plait.live.live_state import StreamEntry

CONSUMER_GROUP, CONSUMER = "feedback", "drainer"
LEASE_MS = 15_000


def acquire_lease(client: redis.Redis, key: str, token: str, takeover: bool) -> bool:
    """Acquires or extends the lease at `key`; returns whether `token` has it."""
    if takeover:
        client.delete(key)
    if client.set(key, token, nx=True, px=LEASE_MS):
        return True
    mine = client.get(key) == token.encode()
    return bool(mine and client.pexpire(key, LEASE_MS))


def read_entries(client: redis.Redis, stream: str, count: int) -> list[StreamEntry]:
    """Returns entries that were delivered but not acknowledged; if none, undelivered ones."""
    for start in ("0", ">"):
        try:
            found = client.xreadgroup(CONSUMER_GROUP, CONSUMER, {stream: start}, count=count)
        except redis.ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            client.xgroup_create(stream, CONSUMER_GROUP, id="0", mkstream=True)
            found = client.xreadgroup(CONSUMER_GROUP, CONSUMER, {stream: start}, count=count)
        if entries := _entries(found):
            return [
                StreamEntry(
                    entry_id.decode(), next(iter(fields.values())).decode() if fields else None
                )
                for entry_id, fields in entries
            ]
    return []


def acknowledge_entries(client: redis.Redis, stream: str, ids: Sequence[str], delete: bool) -> None:
    """Acknowledges entries and, with `delete`, deletes them in the same transaction."""
    with client.pipeline(transaction=True) as done:
        done.xack(stream, CONSUMER_GROUP, *ids)
        if delete:
            done.xdel(stream, *ids)
        done.execute()


def _entries(found: object) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Returns the entries of the single stream; RESP2 and RESP3 wrap them differently."""
    if not found:
        return []
    if isinstance(found, dict):
        (value,) = found.values()
        return list(value[0]) if value and isinstance(value[0], list) else list(value)
    return list(found[0][1])  # type: ignore[index]
