"""The feedback streams of live state, one entry each: to add a stream, add it here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from plait.live.stream_entries import (
    decode_consents,
    decode_erasures,
    decode_events,
    decode_links,
)
from plait.store.feedback.log_paths import (
    CONSENTS_FOLDER,
    ERASURES_FOLDER,
    EVENTS_FOLDER,
    LINKS_FOLDER,
)


@dataclass(frozen=True)
class StreamKind:
    """One feedback stream.

    Attributes:
        name: its name in live state.
        folder: the folder of the feedback log that the drainer moves its entries to. The log's
            schema of this folder is that of the rows.
        decode: returns the rows in entries.
        kept: whether drained entries stay, until a base holds them.
    """

    name: str
    folder: str
    decode: Callable[[Sequence[str]], pl.DataFrame]
    kept: bool = False


# In the order in which the drainer empties them.
FEEDBACK_STREAMS = {
    kind.name: kind
    for kind in (
        StreamKind("events", EVENTS_FOLDER, decode_events),
        StreamKind("links", LINKS_FOLDER, decode_links, kept=True),
        StreamKind("erasures", ERASURES_FOLDER, decode_erasures),
        StreamKind("consents", CONSENTS_FOLDER, decode_consents, kept=True),
    )
}
