"""Encodes live state, together with events that it does not hold yet, for a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from plait.clean.strength_rules import StrengthRules
from plait.features.history import UNKNOWN_TIME, keep_known
from plait.features.index_pairs import IndexPairs
from plait.features.known_people import KnownPeople, known_pairs
from plait.features.sequences import beyond_length, order_steps
from plait.features.vocabulary import Vocabulary
from plait.live.codec import NULL_INT64, unpack_columns
from plait.live.known_steps import KNOWN_CODES, collect_steps, platforms_of
from plait.live.live_noise import drop_near_duplicates
from plait.live.live_state import PersonState
from plait.live.live_strengths import relate_posted
from plait.live.withheld_steps import leave_out_withheld


def live_histories(
    known: Sequence[PersonState],
    vocabulary: Vocabulary,
    length: int,
    extra: pl.DataFrame | None = None,
    near_duplicate_seconds: Mapping[str, float] | None = None,
    strengths: Mapping[str, StrengthRules] | None = None,
) -> KnownPeople:
    """Returns the people `known` encoded with a model's vocabulary, in order.

    A person with only one packed record is cheap: the record is unpacked and its items are looked
    up. All others are merged and sorted.

    Args:
        known: what live state holds of each person.
        vocabulary: the model's vocabulary.
        length: events kept per person.
        extra: more events, as EVENTS rows with `at`, the position in `known` of their person.
        near_duplicate_seconds: by platform; posted events that repeat another one within this
            time do not count.
        strengths: the rules of each platform whose strengths are normalised.
    """
    busy = set() if extra is None else set(extra["at"])
    plain = [
        i
        for i, k in enumerate(known)
        if len(k.base) == 1 and not k.recent and not k.only and not k.without and i not in busy
    ]
    if len(plain) == len(known):
        return _packed_people(known, vocabulary)
    rest = sorted(set(range(len(known))).difference(plain))
    if extra is not None and plain:
        places = dict(zip(rest, range(len(rest)), strict=True))
        extra = extra.with_columns(pl.col("at").replace_strict(places, return_dtype=pl.Int64))
    merged = _merged_people(
        [known[i] for i in rest],
        vocabulary,
        length,
        extra,
        near_duplicate_seconds or {},
        strengths or {},
    )
    if not plain:
        return merged
    both = KnownPeople.concat([_packed_people([known[i] for i in plain], vocabulary), merged])
    order = {place: row for row, place in enumerate([*plain, *rest])}
    return both.take([order[i] for i in range(len(known))])


def _packed_people(known: Sequence[PersonState], vocabulary: Vocabulary) -> KnownPeople:
    """Returns people with exactly one record each and no other events."""
    packed = unpack_columns([record for k in known for record in k.base])
    items = pl.Series(packed.items, dtype=pl.String)
    index = vocabulary.index(items)
    code, earlier = KNOWN_CODES[packed.code], _seen_pairs(known, vocabulary)
    return _as_people(
        vocabulary, packed.lengths, items, index, code, packed.time, packed.strength, earlier,
        _own_platform(known),
    )  # fmt: skip


def _merged_people(
    known: Sequence[PersonState],
    vocabulary: Vocabulary,
    length: int,
    extra: pl.DataFrame | None,
    near_duplicate_seconds: Mapping[str, float],
    strengths: Mapping[str, StrengthRules],
) -> KnownPeople:
    """Returns people whose events come from several sources, with events in the order of fuse."""
    steps = leave_out_withheld(collect_steps(known, vocabulary, extra), known)
    steps = order_steps(steps)
    steps = drop_near_duplicates(steps, near_duplicate_seconds)
    steps = relate_posted(steps, known, strengths)
    rows, index = steps["person"].to_numpy(), steps["index"].to_numpy()
    totals = np.bincount(rows, minlength=len(known))
    earlier = _seen_pairs(known, vocabulary)
    gone = beyond_length(totals, length)
    if gone.any():
        beyond = gone & (index > 0)
        earlier = earlier.union(IndexPairs.of(rows[beyond], index[beyond]))
        steps = steps.filter(pl.Series(~gone))
    return _as_people(
        vocabulary,
        np.minimum(totals, length),
        steps["item"],
        steps["index"].to_numpy(),
        steps["code"].to_numpy(),
        steps["time"].to_numpy(),
        steps["strength"].to_numpy(),
        earlier,
        _own_platform(known),
    )


def _as_people(
    vocabulary: Vocabulary,
    lengths: np.ndarray,
    items: pl.Series,
    index: np.ndarray,
    code: np.ndarray,
    time: np.ndarray,
    strength: np.ndarray,
    earlier: IndexPairs,
    own_platform: np.ndarray | None,
) -> KnownPeople:
    """Returns people from their events, which are ordered by person and then as in a history.

    Args:
        vocabulary: the model's vocabulary.
        lengths: number of events of each person, [B].
        items: item ids, [N].
        index: vocabulary indices of the items, 0 where unknown, [N].
        code: event type codes, -1 where unknown, [N].
        time: UTC microseconds, NULL_INT64 where unknown, [N].
        strength: -1 to 1, [N].
        earlier: (person, vocabulary index) of further seen items; those of the events are removed.
        own_platform: see History, [B].
    """
    rows = np.repeat(np.arange(len(lengths)), lengths)
    platform = vocabulary.item_platform[index]
    moment = np.where(time == NULL_INT64, UNKNOWN_TIME, time)
    there = index > 0
    if len(earlier):
        earlier = earlier.minus(IndexPairs.of(rows[there], index[there]))
    found = np.zeros((len(lengths), len(vocabulary.platforms)), bool)
    found[rows[there], platform[there]] = True
    names: list[set[str]] = [set() for _ in lengths]
    for row, place in zip(*(axis.tolist() for axis in found.nonzero()), strict=True):
        names[row].add(vocabulary.platforms[place])
    unknown = np.flatnonzero(~there)
    for row, name in zip(rows[unknown], platforms_of(items.gather(unknown)), strict=True):
        names[row].add(name)
    return KnownPeople(
        keep_known(lengths, index, platform, code, moment, strength, own_platform),
        lengths > 0,
        [frozenset(one) for one in names],
        earlier,
    )


def _own_platform(known: Sequence[PersonState]) -> np.ndarray | None:
    """Returns whose events stay on their platform, [B]; None if nobody's do."""
    own = np.array([k.own_platform for k in known], bool)
    return own if own.any() else None


def _seen_pairs(known: Sequence[PersonState], vocabulary: Vocabulary) -> IndexPairs:
    """Returns (person, vocabulary index) of the seen items in live state."""
    if not any(k.seen for k in known):
        return IndexPairs.none()
    rows = np.repeat(np.arange(len(known)), [len(k.seen) for k in known])
    items = pl.Series([item for k in known for item in k.seen], dtype=pl.String)
    return known_pairs(rows, items, vocabulary)
