"""Uniform negatives that are equal between versions, stores and machines.

Every (target, item) pair has a pseudo-random 64-bit number. A target's negatives are the unseen
items with the smallest numbers, which is a uniform sample without replacement. It depends only
on item ids, not on vocabulary indices, row order or the key of the pseudonyms.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash as plh

HashArray = npt.NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_NEVER = np.uint64(0xFFFFFFFFFFFFFFFF)


def hash_items(items: pl.Series) -> HashArray:
    """Returns a stable 64-bit number for each item id, [N]."""
    frame = items.to_frame("item").select(plh.col("item").nchash.xxhash64(seed=0))
    return frame["item"].to_numpy().astype(np.uint64)


def splitmix64(values: HashArray) -> HashArray:
    """Returns splitmix64 of each value (Steele et al., OOPSLA 2014)."""
    values = values + _GOLDEN
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return np.asarray(values ^ (values >> np.uint64(31)))


def sampling_keys(
    target: HashArray, seen_row: npt.NDArray[np.int64], seen: HashArray, seed: int
) -> HashArray:
    """Returns the sampling key of each target, [B].

    The key combines the target with all items of the platform that its person ever interacted
    with. So it differs between people without using their ids.

    Args:
        target: hash of each target item, [B].
        seen_row: row of the target that each seen item belongs to, [P].
        seen: hash of each seen item, [P].
        seed: seed of the evaluation.
    """
    keys = splitmix64(target ^ splitmix64(np.full(1, seed, np.uint64)))
    np.add.at(keys, seen_row, splitmix64(seen))  # a sum: the order of items does not matter
    return splitmix64(keys)


def sample_negatives(
    keys: HashArray,
    items: HashArray,
    seen_row: npt.NDArray[np.int64],
    seen_column: npt.NDArray[np.int64],
    count: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Returns K columns per target, [B, K], and which of them are real negatives, [B, K].

    K is the smaller of `count` and N.

    Args:
        keys: sampling key of each target, [B].
        items: hashes of the platform's items in order of id, [N].
        seen_row: rows of the pairs that are never drawn, [P]; the target's own pair is one.
        seen_column: columns of those pairs, [P].
        count: requested negatives per target. Fewer are real if the person has seen nearly
            all items.
    """
    count = min(count, len(items))
    numbers = splitmix64(keys[:, None] ^ items[None, :])
    numbers[seen_row, seen_column] = _NEVER
    if count < len(items):
        chosen = np.argpartition(numbers, count - 1, axis=1)[:, :count]
    else:
        chosen = np.broadcast_to(np.arange(len(items)), numbers.shape)
    real = np.take_along_axis(numbers, chosen, 1) != _NEVER
    return chosen.astype(np.int64), real
