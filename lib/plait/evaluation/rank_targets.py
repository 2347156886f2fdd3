"""Ranks targets by a scorer's scores in chunks, and keeps the ranks instead of the scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from plait.evaluation import negative_sampling
from plait.evaluation.evaluation_targets import EvaluationTargets
from plait.evaluation.fractional_rank import rank_among, rank_among_all
from plait.evaluation.pointwise_metrics import NEGATIVES_PER_POSITIVE, LabelledPairs
from plait.evaluation.scorers import ScoreArray, Scorer
from plait.evaluation.vocabulary_bridge import VocabularyBridge
from plait.progress import ProgressTask

_MAX_SCORES = 4_000_000  # person-item scores held at once: 16 MB per float32 matrix
_MAX_TARGETS = 1024
_UNKNOWN_ITEM_LOG_PROBABILITY = -50.0  # log-probability of an item that the scorer does not know

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TargetRanks:
    """Ranks of M targets, [M]; the number of candidates of each, [M]; and labelled pairs."""

    ranks: npt.NDArray[np.float64]
    candidates: npt.NDArray[np.float64]
    pairs: LabelledPairs


def rank_targets(
    scorer: Scorer, targets: EvaluationTargets, sample: int | None, seed: int, work: ProgressTask
) -> TargetRanks:
    """Returns the ranks of `targets` by the scores of `scorer`.

    Args:
        scorer: the scorer.
        targets: targets of one platform.
        sample: negatives drawn per target; None: rank against every item that is not hidden.
        seed: seed of the draws.
        work: counts the targets done.

    Raises:
        NotFinite: a score is a NaN or infinite.
    """
    bridge = VocabularyBridge(scorer, targets.vocabulary, targets.platform)
    step = max(1, min(_MAX_TARGETS, _MAX_SCORES // max(len(targets.hashes), 1)))
    parts = []
    for first in range(0, len(targets), step):
        part = targets.part(first, min(first + step, len(targets)))
        scores = bridge.scores(part.history, part.time)
        ranks, candidates = _rank_chunk(scores, part, sample, seed)
        parts.append((ranks, candidates, *_label_pairs(scores, part, seed, first)))
        work.advance(len(part))
    ranks, candidates, feature, truth, target = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return TargetRanks(ranks, candidates, LabelledPairs(feature, truth, target))


def _rank_chunk(
    scores: ScoreArray, part: EvaluationTargets, sample: int | None, seed: int
) -> tuple[Floats, Floats]:
    """Returns the rank of each target and its number of candidates, itself included, [B] each."""
    if sample is None:
        hidden = part.hidden
        ranks = rank_among_all(scores, part.target, hidden.row, hidden.column)
        # A target is a candidate even if its person interacted with it before.
        others = hidden.row[hidden.column != part.target[hidden.row]]
        return ranks, len(part.hashes) - np.bincount(others, minlength=len(part)).astype(float)
    seen, keys = part.seen, part.keys(seed)
    drawn, real = negative_sampling.sample_negatives(
        keys, part.hashes, seen.row, seen.column, sample
    )
    others = np.take_along_axis(scores, drawn, 1)
    own = scores[np.arange(len(part)), part.target]
    return rank_among(own, others, real), 1.0 + real.sum(1)


def _label_pairs(
    scores: ScoreArray, part: EvaluationTargets, seed: int, first: int
) -> tuple[Floats, Bools, Rows]:
    """Returns each target and its four negatives as labelled pairs: feature, truth, target."""
    seen, keys = (
        part.seen,
        negative_sampling.splitmix64(part.keys(seed)),
    )  # other keys, so other negatives than those that the target is ranked against
    drawn, real = negative_sampling.sample_negatives(
        keys, part.hashes, seen.row, seen.column, NEGATIVES_PER_POSITIVE
    )
    columns = np.concatenate([part.target[:, None], drawn], axis=1)
    wanted = np.concatenate([np.ones((len(part), 1), bool), real], axis=1)
    feature = np.take_along_axis(scores, columns, 1).astype(np.float64)
    feature = np.maximum(feature - _log_sum_exp(scores)[:, None], _UNKNOWN_ITEM_LOG_PROBABILITY)
    truth = np.zeros(columns.shape, bool)
    truth[:, 0] = True
    row = np.broadcast_to(np.arange(len(part))[:, None] + first, columns.shape)
    return feature[wanted], truth[wanted], row[wanted]


def _log_sum_exp(scores: ScoreArray) -> Floats:
    """Returns the log-sum-exp of each row, [B]. A score minus it is the log-softmax."""
    top = scores.max(1, keepdims=True)
    return np.asarray(np.log(np.exp(scores - top).sum(1, dtype=np.float64)) + top[:, 0])
