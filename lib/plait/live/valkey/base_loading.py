"""Loads a store version's people into Valkey as the base of live state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
import redis

from plait.errors import LiveStateDown
from plait.live.base_content import base_name, read_base_tables, watermark
from plait.live.codec import pack_sequences
from plait.live.live_state import BaseStatus
from plait.live.valkey import base_scripts
from plait.live.valkey.erased_people import read_erased
from plait.live.valkey.load_lock import LOCK_MS, BaseLoadLock, LockLost
from plait.privacy.erasure import Erasures
from plait.store import Store, StoreVersion
from plait.store.feedback.log_paths import CONSENTS_FOLDER, EVENTS_FOLDER, LINKS_FOLDER

CHUNK_FIELDS = 1_000  # fields written at once; readers wait during a write


def load_base(
    client: redis.Redis, keys: list[str], found: BaseStatus, store: Store, version: StoreVersion
) -> bool:
    """Loads `version` as the active base; returns whether it now is the active base.

    Args:
        client: a client with a long timeout.
        keys: the prefix, and the key that names the base.
        found: the status of the present base.
        store: the store that holds `version`.
        version: the store version to load.

    Raises:
        LiveStateDown: Valkey lost a part of the data just written.
        redis.RedisError: Valkey does not answer.
    """
    name = base_name(version)
    if found.base == name and found.whole:
        if found.events_to_forget:
            _forget_known_events(client, keys[0])
        return True
    lock = BaseLoadLock(client, [*keys, keys[1] + ":loading"])
    if not lock.acquire():
        return False
    with lock:
        try:
            if lock.run_script(base_scripts.BEGIN_LOADING, name) != 1:
                return True
            number, erased = read_erased(client, keys[0], store, version)
            counts = _write_base(lock, name, store, version, erased)
            if store.current().number != version.number:
                return False  # a newer version is there, and perhaps another replica loads it
            if not _activate_base(lock, name, version, counts, number):
                return False  # somebody was erased meanwhile: it is loaded again without them
        except LockLost:
            return False
    _forget_known_events(client, keys[0])
    return True


def _write_base(
    lock: BaseLoadLock, name: str, store: Store, version: StoreVersion, erased: Erasures
) -> dict[str, int]:
    """Writes the base `name`; returns the number of fields that each kind must have."""
    tables = read_base_tables(store, version, erased)
    for kind, table in tables.items():
        pairs = _packed_records(table) if kind == "s" else table.iter_rows()
        for chunk in _chunks(pairs):
            lock.run_script(base_scripts.WRITE_FIELDS, LOCK_MS, name, kind, *chunk)
    return {kind: table.to_series().n_unique() for kind, table in tables.items()}


def _packed_records(sequences: pl.DataFrame) -> Iterator[tuple[str, bytes]]:
    for part in sequences.iter_slices(CHUNK_FIELDS):
        yield from pack_sequences(part)


def _chunks(pairs: Iterable[tuple[str, Any]]) -> Iterator[list[Any]]:
    """Yields lists of key, value, key, value, ... with at most CHUNK_FIELDS pairs each."""
    chunk: list[Any] = []
    for pair in pairs:
        chunk.extend(pair)
        if len(chunk) == 2 * CHUNK_FIELDS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _activate_base(
    lock: BaseLoadLock, name: str, version: StoreVersion, counts: dict[str, int], erasures: str
) -> bool:
    """Activates the new base if it is complete, and removes the links that it now holds.

    Returns False if there was an erasure since the number of `erasures` was read.
    """
    links, events = watermark(version, LINKS_FOLDER), watermark(version, EVENTS_FOLDER)
    consents = watermark(version, CONSENTS_FOLDER)
    pairs = [text for pair in counts.items() for text in pair]
    found = lock.run_script(
        base_scripts.ACTIVATE_BASE, name, version.number, links, events, erasures, consents, *pairs
    )
    if isinstance(found, list):
        kind, held = found[0].decode(), found[1]
        raise LiveStateDown(
            f"live state holds {held} of {counts[kind]} fields '{kind}' of store version "
            f"{version.number} right after they were written.",
            fix="Give Valkey more memory and `maxmemory-policy noeviction`. The base is then "
            "loaded again.",
        )
    return found == 1


def _forget_known_events(client: redis.Redis, prefix: str) -> None:
    """Removes the recent events that the base now holds, also after an earlier loader died."""
    events = client.get(prefix + "forget")
    if not isinstance(events, bytes):
        return
    forget = client.register_script(base_scripts.FORGET_EVENTS)
    active = [account.decode() for account in client.smembers(prefix + "active")]  # type: ignore[union-attr]
    for start in range(0, len(active), CHUNK_FIELDS):
        forget(
            keys=[prefix], args=[*events.decode().split("-"), *active[start : start + CHUNK_FIELDS]]
        )
    client.register_script(base_scripts.CLEAR_FORGET_MARK)(keys=[prefix], args=[events])
