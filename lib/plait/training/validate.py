"""How well a model ranks the validation targets, fast enough for every epoch."""

from __future__ import annotations

import numpy as np
import torch

from plait.features.history import History
from plait.features.split import Targets
from plait.model.artifact import Model, Provenance
from plait.model.neighbours import ItemItem
from plait.model.net import Net
from plait.training.data import TrainingData

CANDIDATES = 999  # of the protocol that the ranks are scaled to
MOST = 5_000  # targets that are looked at
PIECE = 512


def target_ranks(model: Model, targets: Targets, platform: str) -> np.ndarray:
    """Returns each target's rank among the platform's items its person has not seen; [M].

    A tie counts half, so a constant score ranks in the middle. Targets must all be of
    `platform`.
    """
    items = model.vocabulary.platform_items(platform)
    ranks = []
    for start in range(0, len(targets), PIECE):
        part = targets.take(np.arange(start, min(start + PIECE, len(targets))))
        scores = model.score(part.history, platform).total.clone()
        column = torch.from_numpy(np.searchsorted(items, part.item)).to(scores.device)
        right = scores.gather(1, column[:, None])
        hide_seen(scores, part.history, items)
        scores.scatter_(1, column[:, None], float("-inf"))
        above, level = (scores > right).sum(1), (scores == right).sum(1)
        ranks.append((1 + above + 0.5 * level).cpu().numpy())
    return np.concatenate(ranks) if ranks else np.zeros(0)


def hide_seen(scores: torch.Tensor, history: History, items: np.ndarray) -> None:
    """Sets the scores of items in each person's history to -inf; `items` are the columns."""
    column = np.searchsorted(items, history.item)
    mine = (column < len(items)) & (items[np.minimum(column, len(items) - 1)] == history.item)
    rows = torch.from_numpy(history.rows[mine]).to(scores.device)
    scores[rows, torch.from_numpy(column[mine]).to(scores.device)] = float("-inf")


def validate(model: Model, targets: Targets) -> dict[str, float]:
    """Returns per platform and in all the MRR against 999 negatives, and NDCG@10 on all items.

    The rank against 999 negatives is the one expected of a uniform draw, without the draw's
    noise. `mrr` sums over platforms: it chooses the epoch.
    """
    if len(targets) > MOST:
        targets = targets.take(np.random.default_rng(0).permutation(len(targets))[:MOST])
    found: dict[str, float] = {"mrr": 0.0}
    for code, platform in enumerate(model.platforms):
        mine = np.flatnonzero(targets.platform == code)
        if not len(mine):
            continue
        ranks = target_ranks(model, targets.take(mine), platform)
        items = len(model.vocabulary.platform_items(platform))
        expected = 1 + (ranks - 1) * min(1.0, CANDIDATES / max(1, items - 1))
        found[f"{platform}.mrr"] = float((1 / expected).mean())
        found[f"{platform}.ndcg@10"] = float(((ranks <= 10) / np.log2(ranks + 1)).mean())
        found["mrr"] += found[f"{platform}.mrr"]
    return found


def validate_net(net: Net, data: TrainingData, targets: Targets) -> dict[str, float]:
    """Returns `validate` of a network alone, without its item-item term."""
    return validate(
        Model(net, data.vocabulary, ItemItem.none(len(data.vocabulary)), Provenance()), targets
    )
