"""Training and evaluation share one rule: plait's own, and others that stand only here."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.config.parse_project import parse_config
from plait.config.project_sections import Training
from plait.errors import ConfigError, TooFewEvents
from plait.evaluation.evaluate_model import evaluate
from plait.evaluation.evaluation_protocols import PROTOCOLS, EvaluationProtocol
from plait.evaluation.held_out_data import rebuild_held_out
from plait.features import folds
from plait.features.folds import Fold, FoldRule, LeaveOneOut, NothingHeldOut, TimeCut, fold_rule
from plait.features.history import History
from plait.features.holdout import HeldOutTargets, hold_out_by_time, leave_one_out
from plait.features.vocabulary import Vocabulary
from plait.models.neural.neural_model import NeuralModel
from plait.recommend.recommender import Recommender
from plait.store import Registry, Store
from plait.training.data.training_data import TrainingData, prepare_training_data
from tests.unit.conftest import PLATFORMS, START

HOUR = 3_600_000_000
BEGIN = int(START.timestamp() * 1_000_000)


@dataclass(frozen=True)
class RollingWindow:
    """Rolling evaluation: one window is validated on, the next one tested; later is unseen."""

    validate_from: int
    test_from: int
    test_until: int
    name: str = "rolling"
    held_out: str = "a window and all after it"
    masks_later: bool = False

    def cut(self, history: History) -> int:
        return self.test_from

    def fold(self, people: pl.Series, history: History, cut: int | None) -> Fold:
        before, test = hold_out_by_time(history, self.test_from, until=self.test_until)
        return Fold(*hold_out_by_time(before, self.validate_from), test)


@dataclass(frozen=True)
class PersonGroup:
    """Cross-validation: one group of people is tested, the next validated on, the rest trained."""

    group: int
    groups: int = 4
    name: str = "groups"
    held_out: str = "two groups of people"
    masks_later: bool = True

    def cut(self, history: History) -> None:
        return None

    def fold(self, people: pl.Series, history: History, cut: int | None) -> Fold:
        sums = [hashlib.sha256(person.encode()).digest()[0] for person in people]
        group = (np.array(sums, int) - self.group) % self.groups
        last = leave_one_out(history)[2]
        return Fold(
            history.keep(group[history.rows] > 1),
            last.take(np.flatnonzero(group[last.row] == 1)),
            last.take(np.flatnonzero(group[last.row] == 0)),
        )


ROLLING = [RollingWindow(*(BEGIN + hour * HOUR for hour in (a, a + 200, a + 400)))
           for a in (600, 800)]  # fmt: skip
RULES: list[FoldRule] = [
    LeaveOneOut(), TimeCut(), TimeCut(BEGIN + 700 * HOUR), *ROLLING,
    *(PersonGroup(group) for group in range(4)),
]  # fmt: skip


def training_data(small, rule: FoldRule) -> TrainingData:
    return prepare_training_data(small.store.read("sequences"), small.store.read("items"),
                                 PLATFORMS, rule, bins=4)  # fmt: skip


def named(people: pl.Series, vocabulary: Vocabulary, targets: HeldOutTargets) -> list[tuple]:
    """Returns who is asked for what, when and knowing what, whatever the numbers."""
    known = vocabulary.item_ids(targets.history.item).to_list()
    a, b = targets.history.offsets[:-1], targets.history.offsets[1:]
    before = [tuple(known[i:j]) for i, j in zip(a, b, strict=True)]
    columns = people.gather(targets.row), vocabulary.item_ids(targets.item), targets.time.tolist()
    return sorted(zip(*columns, before, strict=True))


def people_of(small, cut: int | None) -> pl.Series:
    """Returns the people that training numbers: who has an event before the cut."""
    sequences = small.store.read("sequences")
    if cut is None:
        return sequences["person"]
    early = sequences.select("person", pl.col("time").list.min().dt.epoch("us"))
    return early.filter(pl.col("time") < cut)["person"]


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_what_is_asked_is_what_training_left_out(small, rule: FoldRule) -> None:
    data = training_data(small, rule)
    held = rebuild_held_out(small.store, small.store.version(1), rule)
    people = people_of(small, data.cut)
    assert data.validation is not None
    mine = named(people, data.vocabulary, data.validation)
    assert mine == named(held.people, held.vocabulary, held.validation)
    trained = set(zip(people.gather(data.history.rows), data.vocabulary.item_ids(data.history.item),
                      strict=True))  # fmt: skip
    asked = {pair[:2] for pair in named(held.people, held.vocabulary, held.test)}
    assert asked and not trained & (asked | {pair[:2] for pair in mine})
    learned = held.vocabulary.item_ids(held.train.item).to_list()
    assert sorted(data.vocabulary.item_ids(data.history.item).to_list()) == sorted(learned)
    if data.cut is not None:
        assert data.history.time.max() < data.cut <= held.test.time.min()


def test_every_person_is_tested_in_one_fold_of_a_cross_validation(small) -> None:
    version = small.store.version(1)
    every = rebuild_held_out(small.store, version, LeaveOneOut())
    parts = [rebuild_held_out(small.store, version, PersonGroup(group)) for group in range(4)]
    asked = [pair for held in parts for pair in named(held.people, held.vocabulary, held.test)]
    assert sorted(asked) == named(every.people, every.vocabulary, every.test)


def test_a_window_that_rolls_on_tests_what_came_next(small) -> None:
    version = small.store.version(1)
    first, second = (rebuild_held_out(small.store, version, rule) for rule in ROLLING)
    a, b = (named(held.people, held.vocabulary, part)
            for held, part in ((first, first.test), (second, second.validation)))  # fmt: skip
    assert set(a) <= set(b)  # what the next window validates on knows no end
    assert first.test.time.max() < ROLLING[0].test_until <= second.test.time.min()
    assert len(first.train.item) < len(second.train.item)


@pytest.mark.parametrize("rule", [*ROLLING, PersonGroup(2)], ids=repr)
def test_a_version_is_evaluated_by_another_rule(
    small, rule: FoldRule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(folds.FOLD_RULES, rule.name, lambda cut: rule)
    monkeypatch.setitem(PROTOCOLS, rule.name, EvaluationProtocol(rule.name, None, mask=True))
    shutil.copytree(small.project.store_path, tmp_path / "store")
    project = parse_config(
        small.project.model_dump(exclude_none=True, mode="json") | {"store": "store"},
        folder=tmp_path,
    )
    loaded, data = Recommender.load(small.project, version="v1").model, training_data(small, rule)
    assert isinstance(loaded, NeuralModel)
    loaded.provenance = type(loaded.provenance)(split=rule.name, cut=data.cut, store_version=1)
    with tempfile.TemporaryDirectory() as folder:
        loaded.save(Path(folder))
        version = Registry(Store(project.store_path)).publish("default", Path(folder))
    report = evaluate(project, rule.name, version)
    held = rebuild_held_out(small.store, small.store.version(1), rule)
    assert sum(figures["n"] for figures in report.platforms.values()) == len(held.test) > 0
    for figures in (report.platforms, report.baselines["item-item"]):
        assert all(0 < platform["mrr"] < 1 for platform in figures.values())


EVENTS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(-1, 20), st.sampled_from([1.0, 0.5, -1.0])),
    max_size=12,
)


def history_of(rows: list[list[tuple[int, int, float]]]) -> History:
    rows = [sorted(row, key=lambda event: event[1]) for row in rows]
    item, time, strength = np.array([e for row in rows for e in row], float).reshape(-1, 3).T
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    nothing = np.zeros(len(item), np.int16)
    return History(offsets, item.astype(np.int32), nothing, nothing, time.astype(np.int64),
                   strength.astype(np.float32))  # fmt: skip


@given(st.lists(EVENTS, min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_fold_depends_on_nobodys_number_and_on_nothing_after_its_cut(rows, random) -> None:
    people = pl.Series([f"p{n}" for n in range(len(rows))])
    names = Vocabulary(("a",), pl.DataFrame({"item": [f"a:{n}" for n in range(1, 7)]})
                       .with_columns(platform=pl.lit("a")))  # fmt: skip
    order = np.array(random.sample(range(len(rows)), len(rows)))
    for rule in (LeaveOneOut(), TimeCut(9), NothingHeldOut(), RollingWindow(4, 9, 14),
                 PersonGroup(1)):  # fmt: skip
        history = history_of(rows)
        cut = rule.cut(history)
        whole = rule.fold(people, history, cut)
        shuffled = rule.fold(people.gather(order), history.take(order), cut)
        seen = history if cut is None else history.keep(history.time < cut)
        early = rule.fold(people, seen, cut)
        np.testing.assert_array_equal(whole.train.lengths[order], shuffled.train.lengths)
        np.testing.assert_array_equal(whole.train.item, early.train.item)
        np.testing.assert_array_equal(whole.train.offsets, early.train.offsets)
        for part in ("validation", "test"):
            one, other = getattr(whole, part), getattr(shuffled, part)
            assert (one is None) == (other is None)
            if one is not None:
                asked = named(people, names, one)
                assert asked == named(people.gather(order), names, other)
        if whole.validation is not None:
            assert early.validation is not None
            assert named(people, names, whole.validation) == named(people, names, early.validation)


def test_a_rule_has_the_name_that_the_project_file_gives() -> None:
    assert get_args(Training.model_fields["split"].annotation) == tuple(folds.FOLD_RULES)
    assert [fold_rule(name).name for name in folds.FOLD_RULES] == list(folds.FOLD_RULES)
    assert fold_rule("time", 7) == TimeCut(7)
    with pytest.raises(ConfigError, match="Did you mean 'time'"):
        fold_rule("tme")


def test_without_times_there_is_no_cut() -> None:
    with pytest.raises(TooFewEvents, match="--split loo"):
        TimeCut().cut(history_of([[(1, -1, 1.0), (2, -1, 1.0)]]))
    late = history_of([[(1, -1, 1.0), (2, 5, 1.0)]])
    fold = TimeCut(3).fold(pl.Series(["p"]), late, 3)
    assert fold.validation is None  # nothing before the cut says when it was
    assert fold.train.item.tolist() == [1]


def test_a_version_that_validated_on_nothing_is_not_asked(small) -> None:
    with pytest.raises(TooFewEvents, match=r"no event before the cut.*loo-999"):
        rebuild_held_out(small.store, small.store.version(1), TimeCut(BEGIN))
