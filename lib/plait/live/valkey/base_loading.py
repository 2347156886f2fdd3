"""Brings a store version's people into live state."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
import redis

from plait.errors import LiveStateDown
from plait.live.codec import CODEC_VERSION, pack_sequences
from plait.live.valkey import base_scripts
from plait.live.valkey.load_lock import LOCK_MS, BaseLoadLock, LockLost
from plait.live.valkey.valkey_state import LiveState
from plait.store import Store, StoreVersion
from plait.store.feedback.log_paths import EVENTS_FOLDER, LINKS_FOLDER, last_drained_id

CHUNK_FIELDS = 1_000  # written at once: readers wait meanwhile


def load_base(state: LiveState, store: Store, version: StoreVersion) -> bool:
    """Makes `version` the base that live state answers from; returns whether it now is.

    Loading it twice changes nothing, unless a part of it is missing: then it is loaded anew. Of
    several replicas one loads; the others get False until it is done. Readers see the old base
    until the new one is whole.

    Raises:
        LiveStateDown: Valkey does not answer, or lost a part of what was just written.
    """
    name = base_name(version)
    found = state.look()
    if found.base == name and found.whole:
        if found.forgetful:
            with state.guarded() as client:
                _forget_known_events(client, state.prefix)
        return True
    with state.guarded() as client:
        lock = BaseLoadLock(client, [*state.keys, state.keys[1] + ":loading"])
        if not lock.take():
            return False
        with lock:
            try:
                if lock.run(base_scripts.BEGIN_LOADING, name) != 1:
                    return True
                counts = _write_base(lock, name, store, version)
                if store.current().number != version.number:
                    return False  # a newer one is loaded, perhaps by another replica
                _activate_base(lock, name, version, counts)
            except LockLost:
                return False
        _forget_known_events(client, state.prefix)
    return True


def base_name(version: StoreVersion) -> str:
    """Returns a name that no other version of this or another store under this path has.

    It ends with the packing's version: a plait that packs otherwise loads a base of its own.
    """
    digest = hashlib.sha256(repr((version.published, version.tables)).encode()).hexdigest()
    return f"{version.number}-{digest[:8]}.{CODEC_VERSION}"


def _write_base(
    lock: BaseLoadLock, name: str, store: Store, version: StoreVersion
) -> dict[str, int]:
    """Writes everything under `name`; returns how many fields each kind must have."""
    accounts = store.read("accounts", version)
    people = store.read("people", version)
    sequences = store.read("sequences", version)
    entry = pl.concat_str("account", pl.lit("\t"), "platform")
    joined = accounts.group_by("person").agg(entry.sort().str.join("\n").alias("entries"))
    alive = people.filter(pl.col("merged_into").is_null())
    retired = people.filter(pl.col("merged_into").is_not_null())
    active = sequences.filter(pl.col("event_id").list.len() > 0)
    others = sequences.filter(pl.col("seen").is_not_null()).select("person", "seen")
    columns: dict[str, tuple[pl.Series, Iterable[tuple[str, Any]]]] = {
        "a": (accounts["account"], accounts.select("account", "person").iter_rows()),
        "m": (joined["person"], joined.select("person", "entries").iter_rows()),
        "o": (alive["person"], alive.select("person", "since").iter_rows()),
        "t": (retired["person"], retired.select("person", "merged_into").iter_rows()),
        "s": (active["person"], _packed_records(active)),
        "h": (others["person"], others.iter_rows()),
    }
    for kind, (_, pairs) in columns.items():
        for chunk in _chunks(pairs):
            lock.run(base_scripts.WRITE_FIELDS, LOCK_MS, name, kind, *chunk)
    return {kind: keys.n_unique() for kind, (keys, _) in columns.items()}


def _packed_records(sequences: pl.DataFrame) -> Iterator[tuple[str, bytes]]:
    for part in sequences.iter_slices(CHUNK_FIELDS):
        yield from pack_sequences(part)


def _chunks(pairs: Iterable[tuple[str, Any]]) -> Iterator[list[Any]]:
    """Yields at most CHUNK of `pairs` at a time, key and value one after the other."""
    chunk: list[Any] = []
    for pair in pairs:
        chunk.extend(pair)
        if len(chunk) == 2 * CHUNK_FIELDS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _activate_base(
    lock: BaseLoadLock, name: str, version: StoreVersion, counts: dict[str, int]
) -> None:
    """Serves the new base if it is whole, and forgets the links that it holds by now."""
    links, events = watermark(version, LINKS_FOLDER), watermark(version, EVENTS_FOLDER)
    pairs = [text for pair in counts.items() for text in pair]
    found = lock.run(base_scripts.ACTIVATE_BASE, name, version.number, links, events, *pairs)
    if isinstance(found, list):
        kind, held = found[0].decode(), found[1]
        raise LiveStateDown(
            f"live state holds {held} of {counts[kind]} fields '{kind}' of store version "
            f"{version.number} right after they were written.",
            fix="Give Valkey more memory and `maxmemory-policy noeviction`; the base is loaded "
            "again.",
        )


def _forget_known_events(client: redis.Redis, prefix: str) -> None:
    """Forgets the recent events that the base holds by now; again if a loader died meanwhile."""
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


def watermark(version: StoreVersion, folder: str) -> str:
    """Returns the last stream id among the feedback objects that `version` read, or ''."""
    if version.drained is not None:
        return version.drained.get(folder, "")
    return last_drained_id((str(record.get("path", "")) for record in version.inputs), folder)
