"""What the other platforms are worth: one model, the same targets, with and without them."""

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
    """The same version, blind to what a person did on other platforms than the one asked."""

    def score(self, history: History, platform: str, now: Moment) -> ScoreArray:
        """Returns R of every item, [B, N_p], from the platform's own events alone."""
        own = history.platform == self.vocabulary.platform_code(platform)
        return super().score(history.keep(own), platform, now)


def measure_transfer(project: Project, seed: int) -> TransferGain:
    """Returns NDCG@10 with all events and with the target platform's own, and their gap.

    Targets are the held-out last events (protocol loo-full) of people who did something on
    another platform before it, people without an event on the target platform included.

    Args:
        project: fused, with a promoted version trained by split loo.
        seed: of the bootstrap, which draws people.
    """
    store = Store(project.store_uri)
    ours = Recommender.load(store, project.model)
    made = ours.model.provenance
    held = rebuild_held_out(store, store.version(made.store_version), LeaveOneOut())
    scorers = (OwnPlatformScorer("alone", ours.model), ModelScorer("joint", ours.model))
    with track_progress("transfer", len(held.test) * len(scorers), "targets") as work:
        parts = []
        for platform in ours.platforms:
            questions = held.questions(platform, test=True, mask=True)
            if len(questions):
                ranks = [rank_targets(s, questions, None, seed, work).ranks for s in scorers]
                crossed = _has_other_platform(questions, held)
                parts.append((questions.person[crossed], *(r[crossed] for r in ranks)))
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


def _has_other_platform(questions: EvaluationTargets, held: HeldOutData) -> np.ndarray:
    """Returns whether each target's history has an event on another platform; bool [M]."""
    history = questions.history
    other = history.platform != held.vocabulary.platform_code(questions.platform)
    return np.bincount(history.rows[other], minlength=len(history)) > 0
