"""Histories as ragged arrays: the encoded events of each person, without padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl

from plait.contracts.event_types import EVENT_TYPE_CODES
from plait.features.sequences import OWN_PLATFORM
from plait.features.vocabulary import Vocabulary

UNKNOWN_TIME = -1


@dataclass(frozen=True, eq=False)
class History:
    """The N events of B people, person after person, each person's oldest first.

    Attributes:
        offsets: int64 [B + 1]; person b's events are offsets[b] up to but not including
            offsets[b + 1].
        item: vocabulary index, int32 [N].
        platform: code in the vocabulary, int16 [N].
        type: event type code, see EVENT_TYPE_CODES, int16 [N].
        time: UTC microseconds, -1 where unknown, int64 [N].
        strength: how much the person likes the item by this event, -1 to 1, float32 [N].
        own_platform: the people whose events may be used only for lists of the platform where
            they happened, bool [B]; None: nobody.
    """

    offsets: np.ndarray
    item: np.ndarray
    platform: np.ndarray
    type: np.ndarray
    time: np.ndarray
    strength: np.ndarray
    own_platform: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Number of events of each person; int64 [B]."""
        return np.diff(self.offsets)

    @property
    def rows(self) -> np.ndarray:
        """The row of each event's person; int64 [N]."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def positions(self) -> np.ndarray:
        """Each event's position in its person's history, from 0; int64 [N]."""
        start = np.repeat(self.offsets[:-1], self.lengths)
        place: np.ndarray = np.arange(len(self.item)) - start
        return place

    def __getitem__(self, rows: slice) -> History:
        return self.take(np.arange(len(self))[rows])

    def take(self, rows: np.ndarray, until: np.ndarray | None = None) -> History:
        """Returns the histories of `rows` in that order.

        Args:
            rows: rows of people, int64 [R].
            until: keep only this many first events of each, int64 [R]; default: all events.
        """
        rows = np.asarray(rows, np.int64)
        lengths = self.lengths[rows]
        if until is not None:
            lengths = np.minimum(lengths, until)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        own = None if self.own_platform is None else self.own_platform[rows]
        return self._gather(np.repeat(self.offsets[rows], lengths) + place, offsets, own)

    def keep(self, events: np.ndarray) -> History:
        """Returns every person's history with only the events where `events` [N] is true."""
        kept = np.bincount(self.rows[events], minlength=len(self))
        offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        return self._gather(np.flatnonzero(events), offsets, self.own_platform)

    def usable_on(self, platform: int) -> History:
        """Returns the histories that a list of `platform` (code in the vocabulary) may use."""
        if self.own_platform is None or not self.own_platform.any():
            return self
        return self.keep(~self.own_platform[self.rows] | (self.platform == platform))

    def _gather(self, index: np.ndarray, offsets: np.ndarray, own: np.ndarray | None) -> History:
        events = (getattr(self, name)[index] for name in _EVENT_FIELDS)
        return replace(History(offsets, *events), own_platform=own)


_EVENT_FIELDS = [f.name for f in fields(History) if f.name not in ("offsets", "own_platform")]


def prediction_times(history: History) -> np.ndarray:
    """Returns the time at which the item after each event is predicted; int64 [N].

    This is the time of the same person's next event, as a request comes at that time. If it is
    unknown, or there is no next event, it is the event's own time. UTC microseconds, -1 unknown.
    """
    moment = history.time.copy()
    row = history.rows
    then = (row[1:] == row[:-1]) & (history.time[1:] >= 0)
    moment[:-1][then] = history.time[1:][then]
    return moment


def encode_history(sequences: pl.DataFrame, vocabulary: Vocabulary) -> History:
    """Returns SEQUENCES rows encoded with `vocabulary`.

    Events on unknown items or platforms are dropped. So are events of a type that only a newer
    plait knows. Training, evaluation and serving all call this once per batch.
    """
    names = ["platform", "item", "type", "time", "strength"]
    own = None
    if OWN_PLATFORM in sequences.columns and sequences[OWN_PLATFORM].any():
        own = sequences[OWN_PLATFORM].fill_null(value=False).to_numpy()
    lengths = sequences["item"].list.len().fill_null(0).to_numpy().astype(np.int64)
    steps = sequences.filter(pl.col("item").list.len() > 0).select(names)
    if not steps.height:
        none = np.zeros(0, np.int64)
        return keep_known(lengths, none, none, none, none, none, own)
    steps = steps.explode(names)
    codes = {name: code for code, name in enumerate(vocabulary.platforms)}
    coded = steps.select(
        pl.col("platform").replace_strict(codes, default=-1, return_dtype=pl.Int16),
        pl.col("type").replace_strict(EVENT_TYPE_CODES, default=-1, return_dtype=pl.Int16),
        pl.col("time").dt.epoch("us").fill_null(UNKNOWN_TIME),
        pl.col("strength").cast(pl.Float32),
    )
    return keep_known(
        lengths,
        vocabulary.index(steps["item"]),
        coded["platform"].to_numpy(),
        coded["type"].to_numpy(),
        coded["time"].to_numpy(),
        coded["strength"].to_numpy(),
        own,
    )


def keep_known(
    lengths: np.ndarray,
    item: np.ndarray,
    platform: np.ndarray,
    kind: np.ndarray,
    time: np.ndarray,
    strength: np.ndarray,
    own_platform: np.ndarray | None = None,
) -> History:
    """Returns a history of the events whose item, platform and type are known.

    Args:
        lengths: number of events of each of B people, [B].
        item: vocabulary index, 0 where unknown, [N].
        platform: code in the vocabulary, -1 where unknown, [N].
        kind: event type code, -1 where unknown, [N].
        time: UTC microseconds, -1 where unknown, [N].
        strength: -1 to 1, [N].
        own_platform: see History, [B].
    """
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    columns = (item, platform, kind, time, strength)
    kinds = (np.int32, np.int16, np.int16, np.int64, np.float32)
    cast = (c.astype(k) for c, k in zip(columns, kinds, strict=True))
    whole = replace(History(offsets, *cast), own_platform=own_platform)
    return whole.keep((item > 0) & (platform >= 0) & (kind >= 0))


def concat_histories(parts: Sequence[History]) -> History:
    """Returns the people of all `parts`, one part after the other."""
    lengths = np.concatenate([part.lengths for part in parts])
    own = None
    if any(part.own_platform is not None for part in parts):
        own = np.concatenate(
            [np.zeros(len(p), bool) if p.own_platform is None else p.own_platform for p in parts]
        )
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    events = (np.concatenate([getattr(part, name) for part in parts]) for name in _EVENT_FIELDS)
    return replace(History(offsets, *events), own_platform=own)
