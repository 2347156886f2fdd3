"""The identity log: every assertion, who made it, when and why, in a hash chain of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.errors import NothingFused, StoreError
from plait.identity.assertions.assertion import Assertion, to_assertions
from plait.identity.assertions.posted_links import (
    read_posted_links,
    record_posted_links,
    recorded_objects,
)
from plait.identity.standing_links import standing_links
from plait.store.chain_entry import EntryPlace
from plait.store.feedback.log_listing import LogSlice, list_log
from plait.store.feedback.log_paths import LINKS_FOLDER
from plait.store.hash_chain import ChainContent, HashChain
from plait.store.store import Store

IDENTITY_LOG = "identity/log"
_ACCEPT = 'plait identity log --accept-break {} --why "what happened"'


@dataclass(frozen=True)
class AssertionHistory:
    """All assertions at one moment.

    Attributes:
        assertions: ASSERTIONS.
        record: what a store version records about the identity log; null if the log is empty.
    """

    assertions: pl.DataFrame
    record: dict[str, Any] | None


def open_log(store: Store) -> HashChain:
    """Returns the identity log of `store`.

    A log that has lost the last entry that the current version was fused with is broken.
    """
    return HashChain(store.objects, IDENTITY_LOG, _ACCEPT, _anchor(store))


def read_history(store: Store, pieces: Sequence[LogSlice] | None = None) -> AssertionHistory:
    """Returns all assertions: of the identity log, and of the feedback log if it lacks them.

    Args:
        store: the store.
        pieces: the slices of the feedback log; default: all that there are now.

    Raises:
        CorruptLog: the identity log is broken.
        UnreadableFile, StoreError: the store cannot be read.
    """
    pieces = list_log(store, LINKS_FOLDER).slices() if pieces is None else pieces
    return _history(open_log(store), store, pieces)


def record_history(store: Store, pieces: Sequence[LogSlice] | None = None) -> AssertionHistory:
    """Appends what the identity log lacks of the feedback log; returns all assertions.

    Raises:
        CorruptLog: the identity log is broken.
        UnreadableFile, StoreError: the store cannot be read or written.
    """
    pieces = list_log(store, LINKS_FOLDER).slices() if pieces is None else pieces
    chain = open_log(store)
    record_posted_links(chain, store, pieces)
    return _history(chain, store, pieces)


def append_assertions(store: Store, assertions: Sequence[Assertion]) -> list[EntryPlace]:
    """Appends `assertions` to the identity log, as one entry; returns their places in it.

    They are durable when this returns, and the next fuse uses them.

    Raises:
        CorruptLog: the identity log is broken. Nothing is appended.
        StoreError: the store cannot be read or written.
    """
    entry = open_log(store).append(lambda _: [said.to_payload() for said in assertions])
    return [] if entry is None else [(entry.number, i) for i in range(len(assertions))]


def _history(chain: HashChain, store: Store, pieces: Sequence[LogSlice]) -> AssertionHistory:
    content = chain.read()
    posted = read_posted_links(store, pieces, recorded_objects(content))
    assertions = pl.concat([to_assertions(content.entries), posted])
    return AssertionHistory(assertions, _record(content))


def _record(content: ChainContent) -> dict[str, Any] | None:
    if not content.end:
        return None
    return {"path": IDENTITY_LOG, "entries": content.end, "head": content.head}


def _anchor(store: Store) -> tuple[int, str] | None:
    try:
        inputs = list(store.current().inputs)
    except (NothingFused, StoreError):
        return None  # whoever needs the version or its inputs gets the error
    for record in inputs:
        if record.get("path") == IDENTITY_LOG:
            return int(record["entries"]), str(record["head"])
    return None


def read_standing(store: Store) -> pl.DataFrame:
    """Returns STANDING now, of the identity log and the feedback log.

    Raises:
        CorruptLog: the identity log is broken.
        UnreadableFile, StoreError: the store cannot be read.
    """
    return standing_links(read_history(store).assertions)
