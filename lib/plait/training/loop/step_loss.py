"""The loss of one step over all its targets, each ranked within its platform."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from plait.models.neural.loss import full_softmax, sampled_softmax
from plait.models.neural.net import NeuralNet, concatenate_terms
from plait.training.data.micro_batch import MicroBatch


def step_loss(net: NeuralNet, micro_batch: MicroBatch) -> torch.Tensor:
    """Returns the micro-batch's share of the step's loss, a scalar; see `platform_targets`.

    Args:
        net: the network, in training mode.
        micro_batch: a worker's part of the step, on the network's device.
    """
    batch, found = micro_batch.batch, micro_batch.platform_targets
    states = net.encode(batch, micro_batch.shown_mask)
    if not found:
        return states.sum() * 0  # a worker without targets still takes part in the sum
    people = net.person_vectors_by_platform(
        states, batch, {one.platform: one.event for one in found}
    )
    index = torch.cat([one.candidates for one in found])
    items = torch.split(
        concatenate_terms(net.item_vectors(index)), [len(one.candidates) for one in found]
    )
    loss = states.new_zeros(())
    for one, b in zip(found, items, strict=True):
        a = concatenate_terms(people[one.platform])
        if one.negative_count:
            targets, negatives = b[: -one.negative_count], b[-one.negative_count :]
            negative_items = one.candidates[-one.negative_count :]
            target = F.embedding(one.target_row, targets)
            losses = sampled_softmax(a, target, negatives, one.item, negative_items)
        else:
            losses = full_softmax(a, b, one.target_row)
        loss = loss + (losses * one.weight).sum()
    return loss
