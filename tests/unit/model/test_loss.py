from __future__ import annotations

import torch

from plait.model.loss import full_softmax, sampled_softmax


def test_sampled_over_all_other_items_is_full() -> None:
    torch.manual_seed(0)
    people, items = torch.randn(5, 3), torch.randn(7, 3)
    target = torch.tensor([0, 3, 3, 6, 1])
    every = torch.arange(7)
    sampled = sampled_softmax(people, items[target], items, target, every)
    torch.testing.assert_close(sampled, full_softmax(people, items, target))


def test_a_constant_score_costs_the_log_of_the_candidates() -> None:
    people, items = torch.zeros(2, 3), torch.randn(8, 3)
    loss = full_softmax(people, items, torch.tensor([0, 7]))
    torch.testing.assert_close(loss, torch.full((2,), 8.0).log())
