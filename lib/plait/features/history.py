"""Sequences as ragged arrays: what every person did, in numbers, without padding."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from plait.contracts.event_types import EVENT_TYPE_CODES
from plait.features.vocabulary import Vocabulary

UNKNOWN_TIME = -1


@dataclass(frozen=True, eq=False)
class History:
    """B people's events, oldest first, one after the other.

    Attributes:
        offsets: int64 [B + 1]; person b's events are offsets[b] to offsets[b + 1].
        item: vocabulary index, int32 [N].
        platform: code in the vocabulary, int16 [N].
        type: EVENT_CODE, int16 [N].
        time: UTC microseconds, -1 where unknown, int64 [N].
        strength: what the event says about taste, -1 to 1, float32 [N].
    """

    offsets: np.ndarray
    item: np.ndarray
    platform: np.ndarray
    type: np.ndarray
    time: np.ndarray
    strength: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Events of each person; int64 [B]."""
        return np.diff(self.offsets)

    @property
    def rows(self) -> np.ndarray:
        """The person of each event; int64 [N]."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def positions(self) -> np.ndarray:
        """Each event's place in its person's history, from 0; int64 [N]."""
        start = np.repeat(self.offsets[:-1], self.lengths)
        place: np.ndarray = np.arange(len(self.item)) - start
        return place

    def __getitem__(self, rows: slice) -> History:
        return self.take(np.arange(len(self))[rows])

    def take(self, rows: np.ndarray, until: np.ndarray | None = None) -> History:
        """Returns the histories of `rows` in that order, each cut to its first `until` events."""
        rows = np.asarray(rows, np.int64)
        lengths = self.lengths[rows]
        if until is not None:
            lengths = np.minimum(lengths, until)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        return self._gather(np.repeat(self.offsets[rows], lengths) + place, offsets)

    def keep(self, events: np.ndarray) -> History:
        """Returns every person's history with only the events where `events` [N] is true."""
        kept = np.bincount(self.rows[events], minlength=len(self))
        offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        return self._gather(np.flatnonzero(events), offsets)

    def _gather(self, index: np.ndarray, offsets: np.ndarray) -> History:
        names = [f.name for f in fields(self) if f.name != "offsets"]
        return History(offsets, *(getattr(self, name)[index] for name in names))


def prediction_times(history: History) -> np.ndarray:
    """Returns the moment at which the item after each event is predicted; int64 [N].

    That is when the next event of the same person happens, as a request comes when it comes.
    Where that time is unknown, or nothing follows, it is the event's own.
    """
    moment = history.time.copy()
    row = history.rows
    then = (row[1:] == row[:-1]) & (history.time[1:] >= 0)
    moment[:-1][then] = history.time[1:][then]
    return moment


def encode_history(sequences: pl.DataFrame, vocabulary: Vocabulary) -> History:
    """Returns SEQUENCES rows as numbers; events on unknown items or platforms are dropped.

    So are those of a type that only a newer plait knows.

    Runs once a batch, in training, evaluation and serving alike.
    """
    names = ["platform", "item", "type", "time", "strength"]
    lengths = sequences["item"].list.len().fill_null(0).to_numpy().astype(np.int64)
    steps = sequences.filter(pl.col("item").list.len() > 0).select(names)
    steps = steps.explode(names) if steps.height else steps
    if not steps.height:
        none = np.zeros(0, np.int64)
        return _history(np.zeros(len(lengths) + 1, np.int64), none, none, none, none, none)
    codes = {name: code for code, name in enumerate(vocabulary.platforms)}
    coded = steps.select(
        pl.col("platform").replace_strict(codes, default=-1, return_dtype=pl.Int16),
        pl.col("type").replace_strict(EVENT_TYPE_CODES, default=-1, return_dtype=pl.Int16),
        pl.col("time").dt.epoch("us").fill_null(UNKNOWN_TIME),
        pl.col("strength").cast(pl.Float32),
    )
    item = vocabulary.index(steps["item"])
    platform, kind = coded["platform"].to_numpy(), coded["type"].to_numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    whole = _history(
        offsets, item, platform, kind, coded["time"].to_numpy(), coded["strength"].to_numpy()
    )
    return whole.keep((item > 0) & (platform >= 0) & (kind >= 0))


def _history(offsets: np.ndarray, *columns: np.ndarray) -> History:
    kinds = (np.int32, np.int16, np.int16, np.int64, np.float32)
    return History(offsets, *(c.astype(k) for c, k in zip(columns, kinds, strict=True)))
