"""The loss of one step: every target of every sequence, within its platform."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from plait.models.neural.loss import full_softmax, sampled_softmax
from plait.models.neural.net import NeuralNet, concatenate_terms
from plait.training.data.micro_batch import MicroBatch


def step_loss(net: NeuralNet, portion: MicroBatch) -> torch.Tensor:
    """Returns the portion's part of the step's loss, a scalar; see `ask` for what it weighs.

    Args:
        net: the network, in training mode.
        portion: a worker's part of the step, on the network's device.
    """
    batch, asked = portion.batch, portion.questions
    states = net.states(batch, portion.kept)
    if not asked:
        return states.sum() * 0  # a worker without targets still takes part in the sum
    people = net.people(states, batch, {question.platform: question.event for question in asked})
    index = torch.cat([question.candidates for question in asked])
    items = torch.split(concatenate_terms(net.item(index)), [len(q.candidates) for q in asked])
    loss = states.new_zeros(())
    for question, b in zip(asked, items, strict=True):
        a = concatenate_terms(people[question.platform])
        if question.negatives:
            targets, negatives = b[: -question.negatives], b[-question.negatives :]
            wrong = question.candidates[-question.negatives :]
            right = F.embedding(question.right, targets)
            losses = sampled_softmax(a, right, negatives, question.item, wrong)
        else:
            losses = full_softmax(a, b, question.right)
        loss = loss + (losses * question.weight).sum()
    return loss
