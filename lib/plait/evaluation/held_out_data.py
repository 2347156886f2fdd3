"""The held-out data of a version, rebuilt from the store version that it was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from plait.errors import TooFewEvents
from plait.evaluation.evaluation_targets import EvaluationTargets, select_targets
from plait.features.folds import FoldRule
from plait.features.history import History, encode_history
from plait.features.holdout import HeldOutTargets
from plait.features.index_pairs import IndexPairs
from plait.features.trainable import keep_trainable
from plait.features.vocabulary import Vocabulary
from plait.store import Store, StoreVersion


@dataclass(frozen=True)
class HeldOutData:
    """The training part of a store version, and the targets held out after it.

    Attributes:
        rule: the fold rule of the hold-out.
        people: person ids; a target refers to a person by row.
        vocabulary: every item of every platform of the store version.
        train: the histories that the baselines are fitted on.
        validation: the targets that calibrate probabilities.
        test: the targets that the figures are computed on.
        touched: every (person row, vocabulary index) of the whole log, without trimming.
    """

    rule: FoldRule
    people: pl.Series
    vocabulary: Vocabulary
    train: History
    validation: HeldOutTargets
    test: HeldOutTargets
    touched: IndexPairs

    def platform_targets(self, platform: str, *, test: bool, mask: bool) -> EvaluationTargets:
        """Returns the test or validation targets on `platform`, see `select_targets`."""
        targets, ahead = self.test if test else self.validation, self.rule.masks_later
        return select_targets(
            targets, platform, self.vocabulary, self.touched, mask=mask, ahead=ahead
        )


def rebuild_held_out(store: Store, version: StoreVersion, rule: FoldRule) -> HeldOutData:
    """Returns the data that a version trained with `rule` held out.

    Unlike training, which ignores items published after the cut, this knows every item of the
    store version.

    Args:
        store: the store with the log.
        version: the store version that was trained on.
        rule: the fold rule that the version was trained with, with its recorded cut.

    Raises:
        TooFewEvents: there is no validation or test target.
    """
    sequences = keep_trainable(store.scan("sequences", version).sort("person").collect())
    items = store.scan("items", version).select("item", "platform").collect()
    vocabulary = _vocabulary(sequences, items)
    people, whole = sequences["person"], encode_history(sequences, vocabulary)
    fold = rule.fold(people, whole, rule.cut(whole))
    if fold.validation is None:
        raise TooFewEvents(
            f"nothing is held out for validation (split: {rule.name}): no event before the cut "
            "has a time.",
            fix="Use protocol loo-999.",
        )
    if fold.test is None or not len(fold.test):
        raise TooFewEvents(
            f"store version {version.number} has no test target (split: {rule.name}).",
            allowed="A person needs three events on known items, the last two of them positive.",
            fix="Fuse more data.",
        )
    touched = _interactions(store, version, people, vocabulary)
    return HeldOutData(rule, people, vocabulary, fold.train, fold.validation, fold.test, touched)


def _vocabulary(sequences: pl.DataFrame, items: pl.DataFrame) -> Vocabulary:
    seen = sequences.select("item", "platform").explode("item", "platform").drop_nulls()
    every = pl.concat([seen, items])
    return Vocabulary.build(tuple(every["platform"].unique().sort()), every)


def _interactions(
    store: Store, version: StoreVersion, people: pl.Series, vocabulary: Vocabulary
) -> IndexPairs:
    """Returns the (person row, vocabulary index) pairs of all item events.

    They come from the events table, because sequences keep only the newest events.
    """
    rows = people.to_frame("person").lazy().with_row_index("row")
    items = vocabulary.items.lazy().select(pl.col("item").alias("object_id"), "index")
    pairs = (
        store.scan("events", version)
        .filter(pl.col("object_kind") == "item")
        .select("person", "object_id")
        .join(rows, on="person")
        .join(items, on="object_id")
        .select("row", "index")
        .collect(engine="streaming")
    )
    return IndexPairs.of(pairs["row"].to_numpy().astype(np.int64), pairs["index"].to_numpy())
