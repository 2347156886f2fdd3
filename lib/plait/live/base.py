"""Brings a store version's people into live state."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
import redis

from plait.live import scripts
from plait.live.feedback import EVENTS_AT, LINKS_AT
from plait.live.packing import pack
from plait.live.state import LiveState
from plait.store import Store, StoreVersion

CHUNK = 2_000
LOCK_MS = 60_000
_DRAINED = re.compile(r"/(\d+-\d+)_(\d+-\d+)\.parquet$")


def load_base(state: LiveState, store: Store, version: StoreVersion) -> bool:
    """Makes `version` the base that live state answers from; returns whether it now is.

    Loading it twice changes nothing. Of several replicas one loads; the others get False
    until it is done. Readers see the old base until the new one is whole.

    Raises:
        LiveStateDown: Valkey does not answer.
    """
    with state.guarded() as client:
        wanted = base_name(version)
        found = client.get(state.prefix + "base")
        now = found.decode() if isinstance(found, bytes) else ""
        if now == wanted:
            return True
        lock = state.prefix + "loading"
        token = secrets.token_hex(8)
        if not client.set(lock, token, nx=True, px=LOCK_MS):
            return False
        try:
            _fill(client, state.prefix, store, version, lock)
            _switch(client, state.prefix, version)
            if now:
                _drop(client, state.prefix, now)
        finally:
            if client.get(lock) == token.encode():
                client.delete(lock)
    return True


def base_name(version: StoreVersion) -> str:
    """Returns a name that no other version of this or another store under this path has."""
    digest = hashlib.sha256(repr((version.published, version.tables)).encode()).hexdigest()
    return f"{version.number}-{digest[:8]}"


def _fill(client: redis.Redis, prefix: str, store: Store, version: StoreVersion, lock: str) -> None:
    _drop(client, prefix, base_name(version))  # what an interrupted load left
    accounts = store.read("accounts", version)
    people = store.read("people", version)
    entry = pl.concat_str("account", pl.lit("\t"), "platform")
    joined = accounts.group_by("person").agg(entry.sort().str.join("\n").alias("entries"))
    alive = people.filter(pl.col("merged_into").is_null())
    retired = people.filter(pl.col("merged_into").is_not_null())
    columns: dict[str, Iterable[tuple[str, Any]]] = {
        "a": accounts.select("account", "person").iter_rows(),
        "m": joined.select("person", "entries").iter_rows(),
        "o": alive.select("person", "since").iter_rows(),
        "t": retired.select("person", "merged_into").iter_rows(),
        "s": _records(store, version),
    }
    for kind, pairs in columns.items():
        key = f"{prefix}b{base_name(version)}:{kind}"
        for chunk in _chunks(pairs):
            client.hset(key, mapping=chunk)
            client.pexpire(lock, LOCK_MS)


def _records(store: Store, version: StoreVersion) -> Iterator[tuple[str, bytes]]:
    sequences = store.read("sequences", version)
    for part in sequences.iter_slices(CHUNK):
        yield from pack(part)


def _chunks(pairs: Iterable[tuple[str, Any]]) -> Iterator[dict[Any, Any]]:
    """Yields `pairs` as dicts of at most CHUNK."""
    chunk: dict[Any, Any] = {}
    for key, value in pairs:
        chunk[key] = value
        if len(chunk) == CHUNK:
            yield chunk
            chunk = {}
    if chunk:
        yield chunk


def _switch(client: redis.Redis, prefix: str, version: StoreVersion) -> None:
    """Serves the new base, and forgets the events and links that it holds by now."""
    links, events = watermark(version, LINKS_AT), watermark(version, EVENTS_AT)
    client.register_script(scripts.SWITCH)(keys=[prefix], args=[base_name(version), links])
    if not events:
        return
    forget = client.register_script(scripts.FORGET)
    active = [account.decode() for account in client.smembers(prefix + "active")]  # type: ignore[union-attr]
    for start in range(0, len(active), CHUNK):
        forget(keys=[prefix], args=[*events.split("-"), *active[start : start + CHUNK]])


def watermark(version: StoreVersion, folder: str) -> str:
    """Returns the last stream id among the feedback objects that `version` read, or ''."""
    names = (str(record.get("path", "")) for record in version.inputs)
    found = (_DRAINED.search(name) for name in names if folder in name)
    ids = [match.group(2) for match in found if match]
    return max(ids, key=_place, default="")


def _place(stream_id: str) -> tuple[int, int]:
    ms, _, number = stream_id.partition("-")
    return int(ms), int(number)


def _drop(client: redis.Redis, prefix: str, base: str) -> None:
    client.unlink(*(f"{prefix}b{base}:{kind}" for kind in "amots"))
