from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from plait.errors import TooFewEvents
from plait.features.folds import LeaveOneOut, NothingHeldOut, TimeCut
from plait.features.history import History
from plait.training.data.training_data import prepare_training_data, target_weights
from tests.unit.training.tiny import PLATFORMS, START, tiny_items, tiny_sequences

SECOND = 1_000_000


def test_loo_never_sees_the_last_two() -> None:
    sequences = tiny_sequences(60)
    data = prepare_training_data(sequences, tiny_items(sequences), PLATFORMS, LeaveOneOut(), bins=4)
    assert data.validation is not None
    assert data.timeline.counts[:, -1].sum() == len(data.history.item)
    for row, item in zip(data.validation.row[:20], data.validation.item, strict=False):
        person = sequences["item"][int(row)].to_list()
        name = data.vocabulary.item_ids(np.array([item]))[0]
        kept = len(data.history[int(row) : int(row) + 1].item)
        assert person.index(name) == kept


def test_a_time_split_knows_nothing_of_what_comes_after_its_cut() -> None:
    sequences = tiny_sequences(120)
    cut = int((START.timestamp() + 120 * 86_400) * SECOND)
    data = prepare_training_data(sequences, tiny_items(sequences), PLATFORMS, TimeCut(cut), bins=4)
    assert data.cut == cut
    assert data.validation is not None
    assert data.history.time.max() < data.validation.history.time.max() < cut
    flat = sequences.select("item", "time").explode("item", "time")
    before = flat.filter(pl.col("time").dt.epoch("us") < cut)["item"]
    assert set(data.vocabulary.items["item"]) == set(before)


def test_a_time_split_needs_times() -> None:
    sequences = tiny_sequences(50).with_columns(
        pl.col("time").list.eval(pl.when(pl.element().is_null()).then(pl.element()))
    )
    with pytest.raises(TooFewEvents, match="--split loo"):
        prepare_training_data(sequences, tiny_items(sequences), PLATFORMS, TimeCut())


def test_too_few_events_say_how_many() -> None:
    sequences = tiny_sequences(5)
    with pytest.raises(TooFewEvents, match="events can be trained on"):
        prepare_training_data(sequences, tiny_items(sequences), PLATFORMS, LeaveOneOut())


def test_a_target_weighs_what_the_person_came_to_think_of_it() -> None:
    history = History(
        np.array([0, 6]),
        np.array([9, 1, 2, 1, 2, 3], np.int32),
        np.zeros(6, np.int16),
        np.zeros(6, np.int16),
        np.arange(6),
        np.array([1.0, 0.25, 0.5, 1.0, -1.0, 0.0], np.float32),
    )
    assert target_weights(history).tolist() == [0, 1.0, 0, 0, 0, 0]


def test_nothing_is_taught_of_what_people_turned_against() -> None:
    sequences = tiny_sequences(60)
    # Everybody's third event is a dislike, the first one a dislike of every other person.
    lists = [c for c, kind in sequences.schema.items() if isinstance(kind, pl.List)]
    place = pl.int_range(pl.len()).over("person")
    odd = pl.col("person").rank("dense") % 2 == 1
    against = (place == 2) | ((place == 0) & odd)
    flat = sequences.explode(lists).with_columns(
        pl.when(against).then(-1.0).otherwise("strength").alias("strength"),
        pl.when(against).then(pl.lit("dislike")).otherwise("type").alias("type"),
    )
    assert flat.filter(pl.col("strength") < 0).height == 90
    disliking = flat.group_by("person", maintain_order=True).agg(pl.first("total"), *lists)
    data = prepare_training_data(
        disliking, tiny_items(sequences), PLATFORMS, NothingHeldOut(), bins=4
    )
    assert (data.history.strength > 0).all()
    assert data.timeline.counts[:, -1].sum() == len(data.history.item) == len(flat) - 90
    assert len(data.weight) == len(data.history.item)
    assert (data.weight[data.history.positions == 0] == 0).all()
    # As if the dislikes were in no log, but for items that were turned against.
    without = flat.filter(pl.col("strength") > 0)
    without = without.group_by("person", maintain_order=True).agg(pl.first("total"), *lists)
    plain = prepare_training_data(
        without, tiny_items(sequences), PLATFORMS, NothingHeldOut(), bins=4
    )
    np.testing.assert_array_equal(data.history.item, plain.history.item)
    assert (data.weight <= plain.weight).all()
    loo = prepare_training_data(disliking, tiny_items(sequences), PLATFORMS, LeaveOneOut(), bins=4)
    assert loo.validation is not None
    chosen = loo.validation.history.keep(loo.validation.history.strength > 0)
    assert (chosen.lengths > 0).all()
