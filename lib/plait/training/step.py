"""The loss of one batch: every position of every sequence, within its platform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

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
    return Positions(
        event,
        data.history.item[chosen].astype(np.int64),
        data.history.platform[chosen],
        weight[event],
    )


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
    asked = _ask(data, hyper, here, random)
    if not any(len(question.at) for question in asked):
        return states.sum() * 0, 0  # a worker without targets still takes part in the sum
    # Event e is predicted from event e - 1, which is number e when counted from 1.
    events = {q.platform: torch.from_numpy(here.event[q.at]).to(device) for q in asked}
    people = net.people(states, batch, events)
    index = torch.from_numpy(np.concatenate([q.candidates for q in asked])).to(device)
    items = torch.split(concatenate(net.item(index)), [len(q.candidates) for q in asked])
    loss = states.new_zeros(())
    for question, b in zip(asked, items, strict=True):
        if not len(question.at):
            continue
        a = concatenate(people[question.platform])
        right = torch.from_numpy(question.right).to(device)
        if question.full:
            losses = full_softmax(a, b, right)
        else:
            targets, negatives = b[: -question.negatives], b[-question.negatives :]
            wrong = torch.from_numpy(question.candidates[-question.negatives :]).to(device)
            target = torch.from_numpy(here.item[question.at]).to(device)
            losses = sampled_softmax(a, F.embedding(right, targets), negatives, target, wrong)
        total = float(whole.weight[whole.platform == question.platform].sum())
        loss = loss + (losses * torch.from_numpy(here.weight[question.at]).to(device)).sum() / total
    return loss, len(here.event)


@dataclass(frozen=True, eq=False)
class _Question:
    """What is asked about one platform in a batch.

    Attributes:
        platform: its code.
        at: places in this worker's positions, [n].
        candidates: item indices: all of the platform, or the targets and then the negatives.
        right: row of each target in `candidates`, [n].
        full: whether the candidates are all items.
        negatives: how many of the candidates, at the end, are negatives.
    """

    platform: int
    at: np.ndarray
    candidates: np.ndarray
    right: np.ndarray
    full: bool
    negatives: int


def _ask(
    data: TrainingData, hyper: Hyper, here: Positions, random: np.random.Generator
) -> list[_Question]:
    """Returns a question a platform; every worker draws the same negatives."""
    questions = []
    for code, name in enumerate(data.vocabulary.platforms):
        items = data.vocabulary.platform_items(name).astype(np.int64)
        at = np.flatnonzero(here.platform == code)
        if len(items) <= hyper.full_softmax:
            right = np.searchsorted(items, here.item[at])
            questions.append(_Question(code, at, items, right, True, len(items)))
            continue
        wrong = negatives(items, hyper.negatives, random)
        targets, right = np.unique(here.item[at], return_inverse=True)
        both = np.concatenate([targets, wrong])
        questions.append(_Question(code, at, both, right, False, len(wrong)))
    return questions


def _kept(tokens: Tokens, people: int, most: float) -> torch.Tensor | None:
    """Hides a share of each person's items, the share drawn uniformly from 0 to `most`.

    An item is hidden from the merged and the own history alike.
    """
    if not most:
        return None
    rate = (torch.rand(people, device=tokens.row.device) * most)[tokens.row]
    chance = torch.rand(len(tokens.merged) - 1, device=tokens.row.device)
    return (chance[tokens.event] >= rate).float()
