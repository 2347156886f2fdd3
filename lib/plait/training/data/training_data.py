"""What a training run reads: histories, held-out targets and item attributes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from plait.errors import TooFewEvents
from plait.features.folds import FoldRule, fold_rule
from plait.features.history import History, encode_history
from plait.features.holdout import HeldOutTargets, eligible_targets
from plait.features.item_attributes import ItemAttributes, read_item_attributes
from plait.features.item_vectors import read_items_with_vectors
from plait.features.likes_and_dislikes import keep_positive_events
from plait.features.sequences import SEQUENCE_COLUMNS
from plait.features.time_features import Timeline
from plait.features.trainable import keep_trainable
from plait.features.vocabulary import Vocabulary
from plait.features.vocabulary_translation import VocabularyTranslation
from plait.training.training_job import TrainingJob

MIN_TARGETS = 100  # fewer targets are too few to learn from


@dataclass(frozen=True, eq=False)
class TrainingData:
    """One run's data.

    Attributes:
        vocabulary: the items that the model knows.
        history: the training events: B people with N events, all of positive strength.
        weight: weight of each event as a target, 0 if it is none; float32 [N].
        validation: the targets that early stopping uses; None if nothing is held out.
        item_attributes: attributes of every item of the vocabulary.
        timeline: item counts over time, from `history` only.
        cut: the time from which the model sees neither events nor new items, UTC
            microseconds; None: there is no cut.
    """

    vocabulary: Vocabulary
    history: History
    weight: np.ndarray
    validation: HeldOutTargets | None
    item_attributes: ItemAttributes
    timeline: Timeline
    cut: int | None


def prepare_training_data(
    sequences: pl.DataFrame,
    items: pl.DataFrame,
    platforms: tuple[str, ...],
    rule: FoldRule,
    bins: int = 32,
    only: tuple[str, ...] = (),
) -> TrainingData:
    """Returns the data of a run that holds out by `rule`.

    With `only`, the run sees only those platforms. The hold-out is still chosen from all
    `platforms`. So this version and a joint one train on the same events of those platforms
    and hold out the same targets.

    With a cut, the run sees no event from the cut on and no item published from then on.

    Raises:
        TooFewEvents: there are too few targets, or the rule needs times and the events have
            none.
    """
    vocabulary = _build_vocabulary(platforms, sequences, items)
    history = encode_history(sequences, vocabulary)
    cut = rule.cut(history)
    if cut is not None:
        moment = pl.from_epoch(pl.lit(cut), time_unit="us").dt.replace_time_zone("UTC")
        sequences = _events_before(sequences, moment)
        # The model knows only items published before the cut.
        known = items.filter(pl.col("published") < moment)
        vocabulary = _build_vocabulary(platforms, sequences, known)
        history = encode_history(sequences, vocabulary)
    fold = rule.fold(sequences["person"], history, cut)
    history, validation = fold.train, fold.validation
    if only:
        own = Vocabulary.build(only, vocabulary.items)
        to_own = VocabularyTranslation(vocabulary, own)
        history = to_own.translate_history(history)
        validation = None if validation is None else to_own.translate_targets(validation)
        vocabulary = own
    weight = target_weights(history)
    # Dislikes have their own term; the other terms ignore them.
    weight, history = weight[history.strength > 0], keep_positive_events(history)
    targets = int((weight > 0).sum())
    if targets < MIN_TARGETS or (validation is not None and not len(validation)):
        raise TooFewEvents(
            f"{targets:,} events can be trained on"
            + (", none can be validated on." if validation is not None else "."),
            allowed=f"At least {MIN_TARGETS} positive events, each with one before it, are needed.",
            fix="Fuse more data, or train with --split none.",
        )
    attributes = read_item_attributes(items, vocabulary)
    timeline = Timeline.build(history, len(vocabulary), attributes.published, bins)
    return TrainingData(vocabulary, history, weight, validation, attributes, timeline, cut)


def read_training_data(job: TrainingJob, split: str, bins: int = 32) -> TrainingData:
    """Returns the data of `job`, held out by the fold rule called `split`."""
    store, version = job.open_store()
    sequences = keep_trainable(store.read("sequences", version))
    items = read_items_with_vectors(store, version)
    rule = fold_rule(split, job.cut)
    return prepare_training_data(sequences, items, job.platforms, rule, bins, job.only)


def target_weights(history: History) -> np.ndarray:
    """Returns the weight of each event as a target, 0 if it is none; float32 [N].

    Only a person's first event with an item is a target. Its weight is the greatest strength
    of all their events with that item. An item with any negative event of the person is no
    target, and neither is a person's first event.
    """
    pairs = history.rows.astype(np.int64) << 32 | history.item
    _, pair = np.unique(pairs, return_inverse=True)
    best = np.zeros(int(pair.max(initial=-1)) + 1, np.float32)
    worst = np.zeros_like(best)
    np.maximum.at(best, pair, history.strength)
    np.minimum.at(worst, pair, history.strength)
    liking = np.where(worst < 0, 0, best)[pair]
    return np.where(eligible_targets(history), liking, 0).astype(np.float32)


def _build_vocabulary(
    platforms: tuple[str, ...], sequences: pl.DataFrame, items: pl.DataFrame
) -> Vocabulary:
    seen = sequences.select("item", "platform").explode("item", "platform").drop_nulls()
    return Vocabulary.build(platforms, pl.concat([seen, items.select("item", "platform")]))


def _events_before(sequences: pl.DataFrame, moment: pl.Expr) -> pl.DataFrame:
    lists = [name for name in SEQUENCE_COLUMNS if name in sequences.columns]
    flat = sequences.explode(lists).filter(pl.col("time").is_null() | (pl.col("time") < moment))
    return flat.group_by("person", maintain_order=True).agg(pl.first("total"), *lists)
