"""Collects people's events from the base, the recent events and the request itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from plait.contracts.event_types import EVENT_TYPE_CODES
from plait.features.vocabulary import Vocabulary
from plait.live.codec import NULL_INT64, unpack_columns
from plait.live.live_state import PersonState
from plait.live.stream_entries import split_members

_TYPE_OF_CODE = {code: name for name, code in EVENT_TYPE_CODES.items()}
# Type names by code; null for a code of a newer plait.
_TYPES_BY_CODE = pl.Series([_TYPE_OF_CODE.get(code) for code in range(256)], dtype=pl.String)
KNOWN_CODES = np.array([c if c in _TYPE_OF_CODE else -1 for c in range(256)], np.int16)


def collect_steps(
    known: Sequence[PersonState], vocabulary: Vocabulary, extra: pl.DataFrame | None
) -> pl.DataFrame:
    """Returns the item events of base, recent events and `extra`, unordered and with duplicates.

    `person` is a position in `known`. Times and orders are int64. NULL_INT64 means none and sorts
    first, as nulls do. `index` is the vocabulary index of `item`, 0 if unknown. `code` is the code
    of `type`, -1 if unknown. `posted` is false for events of the base.

    Args:
        known: what live state holds of each person.
        vocabulary: the model's vocabulary.
        extra: more events, as EVENTS rows with `at`, a position in `known`.
    """
    base = unpack_columns([record for k in known for record in k.base])
    at = np.repeat([i for i, k in enumerate(known) for _ in k.base], base.lengths)
    recent = split_members([member for k in known for member in k.recent])
    more = _more_steps(extra)
    items = pl.Series([*base.items, *recent["item"], *more["item"]], dtype=pl.String)
    types = pl.Series([*recent["type"], *more["type"]], dtype=pl.String)
    index = vocabulary.index(items)
    return pl.DataFrame(
        {
            "person": _longs(at, [i for i, k in enumerate(known) for _ in k.recent], more["at"]),
            "posted": np.arange(len(items)) >= len(base.items),
            "event_id": [*base.event_ids, *recent["event_id"], *more["event_id"]],
            "platform": _platform_names(items, index, vocabulary),
            "item": items,
            "type": pl.concat([_TYPES_BY_CODE.gather(base.code), types]),
            "time": _longs(base.time, _numbers(recent["time"]), more["time"]),
            "order": _longs(base.order, _numbers(recent["order"]), more["order"]),
            "strength": np.concatenate(
                [base.strength, [float(text) for text in recent["strength"]], more["strength"]]
            ),
            "index": index,
            "code": np.concatenate(
                [KNOWN_CODES[base.code], [EVENT_TYPE_CODES.get(name, -1) for name in types]]
            ).astype(np.int16),
        },
        schema_overrides={"event_id": pl.String},
    )


def _more_steps(extra: pl.DataFrame | None) -> dict[str, list[object]]:
    names = ("at", "event_id", "item", "type", "time", "order", "strength")
    if extra is None or extra.is_empty():
        return {name: [] for name in names}
    steps = extra.filter(pl.col("object_kind") == "item").rename({"object_id": "item"})
    return steps.select(
        pl.col("at", "event_id", "item", "type", "strength"),
        pl.col("time").dt.epoch("us").fill_null(NULL_INT64),
        pl.col("order").fill_null(NULL_INT64),
    ).to_dict(as_series=False)


def platforms_of(items: pl.Series) -> list[str]:
    """Returns the platform of each item id, which is its text before the first colon."""
    return [item.partition(":")[0] for item in items]


def _platform_names(items: pl.Series, index: np.ndarray, vocabulary: Vocabulary) -> pl.Series:
    names = pl.Series([None, *vocabulary.platforms], dtype=pl.String)
    found = names.gather(vocabulary.item_platform[index] + 1)
    unknown = np.flatnonzero(index == 0)
    return found.scatter(unknown, platforms_of(items.gather(unknown))) if len(unknown) else found


def _numbers(texts: Sequence[str]) -> list[int]:
    return [int(text) if text else NULL_INT64 for text in texts]


def _longs(*parts: object) -> np.ndarray:
    return np.concatenate([np.asarray(part, np.int64) for part in parts])
