"""The loss of one batch: every position of every sequence, within its platform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from plait.features.batch import make_batch
from plait.features.tensors import Tokens
from plait.model.loss import full_softmax, sampled_softmax
from plait.model.net import Net, concatenate
from plait.training.data import TrainingData
from plait.training.hyper import Hyper
from plait.training.sampler import negatives


@dataclass(frozen=True, eq=False)
class Positions:
    """Which events of a batch's people are predicted, and what each weighs.

    Attributes:
        event: index into the batch's history, int64 [n].
        item: int64 [n].
        platform: codes, int64 [n].
        weight: float32 [n].
    """

    event: np.ndarray
    item: np.ndarray
    platform: np.ndarray
    weight: np.ndarray


def positions(data: TrainingData, rows: np.ndarray) -> Positions:
    """Returns the targets of the people `rows`, indexed as in `data.history.take(rows)`."""
    lengths = data.history.lengths[rows]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    source = np.repeat(data.history.offsets[rows], lengths) + place
    weight = data.weight[source]
    event = np.flatnonzero(weight > 0)
    chosen = source[event]
    return Positions(event, data.history.item[chosen], data.history.platform[chosen], weight[event])


def batch_loss(
    net: Net,
    data: TrainingData,
    hyper: Hyper,
    rows: np.ndarray,
    random: np.random.Generator,
    rank: int = 0,
    workers: int = 1,
) -> tuple[torch.Tensor, int]:
    """Returns this worker's part of the loss of the people `rows`, and its number of targets.

    The loss is the weighted mean over each platform's targets, summed over platforms. Each
    worker takes every `workers`-th person; means are over the whole batch, so that the sum of
    the workers' losses, and of their gradients, is that of one worker.

    Args:
        net: the network, in training mode.
        data: the run's data.
        hyper: hyper-parameters.
        rows: the people of the batch, of all workers.
        random: the source of negatives, in the same state on every worker.
        rank: this worker.
        workers: how many there are.
    """
    device = net.edges.device
    whole = positions(data, rows) if workers > 1 else None
    mine = rows[rank::workers]
    history = data.history.take(mine)
    here = positions(data, mine)
    whole = whole or here
    codes = range(len(data.vocabulary.platforms))
    batch = make_batch(
        history,
        platforms=len(codes),
        views=codes if net.settings.views else [],
        timeline=data.timeline,
        price=data.catalogue.price,
    ).to(device)
    states = net.states(batch, _kept(batch.tokens, len(mine), hyper.item_dropout))
    loss = states.sum() * 0  # a worker without targets still takes part in the sum
    for code, name in enumerate(data.vocabulary.platforms):
        total = float(whole.weight[whole.platform == code].sum())
        if not total:
            continue
        items = data.vocabulary.platform_items(name)
        full = len(items) <= hyper.full_softmax
        wrong = items if full else negatives(items, hyper.negatives, random)
        at = np.flatnonzero(here.platform == code)
        if not len(at):
            continue
        # Event e is predicted from event e - 1, which is number e when counted from 1.
        event = torch.from_numpy(here.event[at]).to(device)
        people = concatenate(net.person(states, batch, event, code))
        target = torch.from_numpy(here.item[at].astype(np.int64)).to(device)
        wrong_index = torch.from_numpy(wrong.astype(np.int64)).to(device)
        if full:
            column = torch.searchsorted(wrong_index, target)
            losses = full_softmax(people, concatenate(net.item(wrong_index)), column)
        else:
            targets, place = torch.unique(target, return_inverse=True)
            both = concatenate(net.item(torch.cat([targets, wrong_index])))
            right, negative = both[: len(targets)], both[len(targets) :]
            losses = sampled_softmax(people, right[place], negative, target, wrong_index)
        loss = loss + (losses * torch.from_numpy(here.weight[at]).to(device)).sum() / total
    return loss, len(here.event)


def _kept(tokens: Tokens, people: int, most: float) -> torch.Tensor | None:
    """Hides a share of each person's items, the share drawn uniformly from 0 to `most`.

    An item is hidden from the merged and the own history alike.
    """
    if not most:
        return None
    rate = (torch.rand(people, device=tokens.row.device) * most)[tokens.row]
    chance = torch.rand(len(tokens.merged) - 1, device=tokens.row.device)
    return (chance[tokens.event] >= rate).float()
