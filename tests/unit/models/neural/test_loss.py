from __future__ import annotations

import torch
from torch.nn import functional as F

from plait.models.neural.loss import full_softmax, sampled_softmax


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


def test_sampled_is_the_softmax_over_the_target_and_the_other_negatives() -> None:
    torch.manual_seed(1)
    parts = [torch.randn(6, 3, requires_grad=True), torch.randn(9, 3, requires_grad=True)]
    people, items = parts
    target, negative = torch.tensor([8, 2, 4, 4, 0, 7]), torch.tensor([1, 2, 4, 5])

    def plain() -> torch.Tensor:
        right = (people * items[target]).sum(1, keepdim=True)
        wrong = people @ items[negative].T
        wrong = wrong.masked_fill(target[:, None] == negative[None, :], float("-inf"))
        first = torch.zeros(6, dtype=torch.int64)
        return F.cross_entropy(torch.cat([right, wrong], 1), first, reduction="none")

    loss = sampled_softmax(people, items[target], items[negative], target, negative)
    torch.testing.assert_close(loss, plain())
    weight = torch.arange(1.0, 7)
    for mine, expected in zip(
        torch.autograd.grad((loss * weight).sum(), parts),
        torch.autograd.grad((plain() * weight).sum(), parts),
        strict=True,
    ):
        torch.testing.assert_close(mine, expected)


def test_a_target_that_is_the_only_negative_costs_nothing() -> None:
    people, items = torch.randn(2, 3, requires_grad=True), torch.randn(4, 3)
    one = torch.tensor([3])
    loss = sampled_softmax(people, items[[3, 3]], items[one], one.expand(2), one)
    loss.sum().backward()
    assert loss.tolist() == [0, 0]
    assert people.grad is not None
    assert not people.grad.any()
