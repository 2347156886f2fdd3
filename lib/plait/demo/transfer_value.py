"""Measures the gain from the other platforms: one model and the same targets, with and without."""

from __future__ import annotations

import numpy as np

from plait.config import Project
from plait.demo.chapter_results import TransferGain
from plait.evaluation.bootstrap import bootstrap_intervals
from plait.evaluation.evaluation_targets import EvaluationTargets
from plait.evaluation.held_out_data import HeldOutData, rebuild_held_out
from plait.evaluation.rank_targets import rank_targets
from plait.evaluation.ranking_metrics import Floats, ndcg
from plait.evaluation.scorers import ModelScorer, ScoreArray
from plait.features.folds import LeaveOneOut
from plait.features.history import History
from plait.models.family import Moment
from plait.progress import track_progress
from plait.recommend.recommender import Recommender
from plait.store import Store

_K = 10


class OwnPlatformScorer(ModelScorer):
    """Scores with the same version, but only from the events on the target platform."""

    def score(self, history: History, platform: str, now: Moment) -> ScoreArray:
        """Returns R of every item, [B, N_p], from the platform's own events only."""
        own = history.platform == self.vocabulary.platform_code(platform)
        return super().score(history.keep(own), platform, now)


def measure_transfer(project: Project, seed: int) -> TransferGain:
    """Returns NDCG@10 with all events, NDCG@10 with the target platform's only, and their gap.

    Targets are the held-out last events (protocol loo-full) of people with an earlier event on
    another platform. They include people without an earlier event on the target platform.

    Args:
        project: a fused project whose promoted version was trained with split loo.
        seed: of the bootstrap, which resamples people.
    """
    store = Store(project.store_uri)
    ours = Recommender.load(store, project.model)
    made = ours.model.provenance
    held = rebuild_held_out(store, store.version(made.store_version), LeaveOneOut())
    scorers = (OwnPlatformScorer("alone", ours.model), ModelScorer("joint", ours.model))
    with track_progress("transfer", len(held.test) * len(scorers), "targets") as work:
        parts = []
        for platform in ours.platforms:
            targets = held.platform_targets(platform, test=True, mask=True)
            if len(targets):
                ranks = [rank_targets(s, targets, None, seed, work).ranks for s in scorers]
                crossed = _has_other_platform(targets, held)
                parts.append((targets.person[crossed], *(r[crossed] for r in ranks)))
    person, alone, joint = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _transfer_gain(person, ndcg(alone, _K), ndcg(joint, _K), seed)


def _transfer_gain(person: np.ndarray, alone: Floats, joint: Floats, seed: int) -> TransferGain:
    gap = joint - alone
    low, high = bootstrap_intervals({"gap": gap}, person, seed=seed)["gap"]
    return TransferGain(
        targets=len(person),
        alone=float(alone.mean()),
        joint=float(joint.mean()),
        gain=float(gap.mean()),
        low=low,
        high=high,
    )


def _has_other_platform(targets: EvaluationTargets, held: HeldOutData) -> np.ndarray:
    """Returns whether each target's history has an event on another platform; bool [M]."""
    history = targets.history
    other = history.platform != held.vocabulary.platform_code(targets.platform)
    return np.bincount(history.rows[other], minlength=len(history)) > 0
