"""Probabilities are calibrated and judged on negatives of their own."""

import numpy as np
import pytest

from plait.evaluation import negative_sampling
from plait.evaluation.held_out_data import rebuild_held_out
from plait.evaluation.rank_targets import rank_targets
from plait.evaluation.scorers import ModelScorer
from plait.features.folds import LeaveOneOut
from plait.models.family import FitData
from plait.models.popularity.popularity_model import PopularityModel
from plait.progress import track_progress


def test_judged_negatives_are_not_those_of_the_ranking(small, monkeypatch: pytest.MonkeyPatch):
    held = rebuild_held_out(small.store, small.store.version(1), LeaveOneOut())
    questions = held.platform_targets("shop", test=False, mask=True)
    draw, drawn = negative_sampling.sample_negatives, []

    def looks(*args):
        found = draw(*args)
        drawn.append(np.sort(np.where(found[1], found[0], -1), axis=1))
        return found

    monkeypatch.setattr(negative_sampling, "sample_negatives", looks)
    with track_progress("evaluate", len(questions), "targets") as work:
        rank_targets(
            ModelScorer("popularity", PopularityModel.fit(FitData(held.vocabulary, held.train))),
            questions,
            4,
            0,
            work,
        )
    ranked, judged = drawn
    assert ranked.shape == judged.shape == (len(questions), 4)
    assert (ranked != judged).any(axis=1).mean() > 0.5
