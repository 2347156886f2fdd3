from __future__ import annotations

import torch

from plait.models.neural.neural_model import NeuralModel
from plait.models.neural.popularity_levels import DistinctCounts, windowed_counts
from plait.models.neural.terms import PopularityTerm


def test_windows_hold_the_events_before_each_bin() -> None:
    counts = torch.tensor([[0, 2, 2, 5]])
    assert windowed_counts(counts, (1, 4)).tolist() == [[[0, 0], [2, 2], [0, 2], [3, 5]]]


def test_levels_are_the_different_rows() -> None:
    torch.manual_seed(0)
    counts = torch.randint(0, 3, (50, 8), dtype=torch.int32).cumsum(1).int()
    found = DistinctCounts.of(counts, (1, 4, 8))
    assert found is not None
    assert torch.equal(found.rows[found.row_of], windowed_counts(counts, (1, 4, 8)))
    assert len(found.rows.unique(dim=0)) == len(found.rows) < counts.numel()


def test_popularity_is_the_same_in_training_and_in_serving(model: NeuralModel) -> None:
    net, items = model.net, torch.arange(1, 31).repeat(3)
    served = net.item_vectors(items)["popularity"]
    term = net.terms["popularity"].train()
    assert isinstance(term, PopularityTerm)
    trained = net.item_vectors(items)["popularity"]
    assert term._levels is not None
    assert (
        4 * len(term._levels.rows) <= len(items) * term.bins
    )  # else the way through levels is not taken
    torch.testing.assert_close(trained, served)
    assert served.std() > 0
    gradients = [
        torch.autograd.grad((vectors**2).sum(), list(term.parameters()))
        for vectors in (trained, served)
    ]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)
