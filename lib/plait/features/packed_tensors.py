"""Histories as packed tensors, without padding.

A batch holds two kinds of sequences: each person's merged history and, for each viewed platform,
each person's own history there. All sequences are packed together, step after step, longest
first. This is the layout of `torch.nn.utils.rnn.PackedSequence`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch

from plait.features.history import History
from plait.features.time_features import calendar_quarters, gap_buckets

LOOKBACK = 4  # number of earlier tokens that a convolution can read


@dataclass(frozen=True, eq=False)
class PackedTokens:
    """M events in S sequences, packed.

    Attributes:
        item, platform, type, gap, quarter: codes, int64 [M]; quarters count from 1970.
        strength: float32 [M].
        earlier: the 1st to 4th token before each in its sequence, counted from 1, 0 where there
            is none, int64 [M, LOOKBACK].
        steps: number of sequences with a token at each step, on the CPU, int64 [T].
        row: the person of each token, int64 [M].
        event: the event of each token, an index into the history, int64 [M].
        merged: the token of each event in the merged sequence, counted from 1, in the history's
            order. Entry 0 is 0 and means "no event". int64 [1 + N].
        own: the newest token at or before each event in its person's own history on each
            viewed platform, counted from 1, 0 where there is none yet, int64 [1 + N, views].
    """

    item: torch.Tensor
    platform: torch.Tensor
    type: torch.Tensor
    gap: torch.Tensor
    quarter: torch.Tensor
    strength: torch.Tensor
    earlier: torch.Tensor
    steps: torch.Tensor
    row: torch.Tensor
    event: torch.Tensor
    merged: torch.Tensor
    own: torch.Tensor

    def to(self, device: torch.device) -> PackedTokens:
        """Returns the tokens on `device`; `steps` stays on the CPU, where packing needs it."""
        if device.type == "cpu":
            return self
        moved = {
            f.name: getattr(self, f.name).to(device, non_blocking=True)
            for f in fields(self)
            if f.name != "steps"
        }
        return replace(self, **moved)


def pack_histories(history: History, views: Sequence[int]) -> PackedTokens:
    """Returns the merged sequences of `history` and the own sequences on platforms `views`."""
    events, people = len(history.item), len(history)
    row, place = history.rows, history.positions
    counts = np.zeros((events, len(views)), np.int64)
    sequence, places, source = [row], [place], [np.arange(events)]
    first = np.zeros((people, len(views)), np.int64)
    for column, platform in enumerate(views):
        mine = history.platform == platform
        total = np.concatenate([[0], np.cumsum(mine)])
        counts[:, column] = total[1:] - np.repeat(total[history.offsets[:-1]], history.lengths)
        first[:, column] = people * (column + 1) + np.arange(people)
        sequence.append(people * (column + 1) + row[mine])
        places.append(counts[mine, column] - 1)
        source.append(np.flatnonzero(mine))
    seq, at, event = np.concatenate(sequence), np.concatenate(places), np.concatenate(source)
    lengths = np.bincount(seq, minlength=people * (len(views) + 1))
    rank = np.empty(len(lengths), np.int64)
    rank[np.argsort(-lengths, kind="stable")] = np.arange(len(lengths))
    longest = int(lengths.max(initial=0))
    # Sequences with more than t tokens, for each step t.
    steps = len(lengths) - np.cumsum(np.bincount(lengths, minlength=longest + 1))[:longest]
    start = np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)
    token = start[at] + rank[seq]
    back = at[:, None] - np.arange(1, LOOKBACK + 1)
    earlier = np.where(back >= 0, start[np.maximum(back, 0)] + rank[seq][:, None] + 1, 0)
    own = np.where(counts > 0, start[np.maximum(counts - 1, 0)] + rank[first[row]] + 1, 0)
    order = np.empty(len(token), np.int64)
    order[token] = np.arange(len(token))
    packed = event[order]
    time = history.time[event]

    def code(values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values.astype(np.int64))

    return PackedTokens(
        item=code(history.item[packed]),
        platform=code(history.platform[packed]),
        type=code(history.type[packed]),
        gap=code(gap_buckets(time, at == 0)[order]),
        quarter=code(calendar_quarters(time)[order]),
        strength=torch.from_numpy(history.strength[packed]),
        earlier=torch.from_numpy(earlier[order]),
        steps=torch.from_numpy(steps.astype(np.int64)),
        row=torch.from_numpy(row[packed]),
        event=torch.from_numpy(packed),
        merged=torch.from_numpy(np.concatenate([[0], token[:events] + 1])),
        own=torch.from_numpy(np.concatenate([np.zeros((1, len(views)), np.int64), own])),
    )
