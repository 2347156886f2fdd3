"""Measures how a model ranks the validation targets, fast enough to run after each epoch."""

from __future__ import annotations

import numpy as np
import torch

from plait.errors import NotFinite
from plait.features.history import History
from plait.features.holdout import HeldOutTargets
from plait.models.family import Provenance, TrainedModel
from plait.models.item_item.item_item_term import ItemItemTerm
from plait.models.item_scores import check_scores, not_finite_error
from plait.models.neural.net import NeuralNet
from plait.models.neural.neural_model import NeuralModel
from plait.training.data.training_data import TrainingData
from plait.training.distributed.worker_rank import SINGLE_WORKER, Worker

PROTOCOL_NEGATIVES = 999  # negatives per target that the ranks are scaled to
MAX_VALIDATION_TARGETS = 5_000  # more targets than these are sampled
CHUNK_SIZE = 512


def target_ranks(model: TrainedModel, targets: HeldOutTargets, platform: str) -> np.ndarray:
    """Returns each target's rank among the platform's items that its person has not seen, [M].

    A tie counts half, so a constant score ranks in the middle. All targets must be of
    `platform`.

    Raises:
        NotFinite: a score is a NaN or infinite.
    """
    items = model.vocabulary.platform_items(platform)
    ranks = []
    for start in range(0, len(targets), CHUNK_SIZE):
        part = targets.take(np.arange(start, min(start + CHUNK_SIZE, len(targets))))
        scores = check_scores(model.score(part.history, platform, part.time).total, platform)
        scores = scores.clone()
        column = torch.from_numpy(np.searchsorted(items, part.item)).to(scores.device)
        right = scores.gather(1, column[:, None])
        mask_seen_items(scores, part.history, items)
        scores.scatter_(1, column[:, None], float("-inf"))
        above, level = (scores > right).sum(1), (scores == right).sum(1)
        ranks.append((1 + above + 0.5 * level).cpu().numpy())
    return np.concatenate(ranks) if ranks else np.zeros(0)


def mask_seen_items(scores: torch.Tensor, history: History, items: np.ndarray) -> None:
    """Sets the scores of the items in each person's history to -inf, in place.

    Args:
        scores: scores of each person and item, [B, n].
        history: histories of the B people.
        items: item index of each column, sorted, [n].
    """
    column = np.searchsorted(items, history.item)
    mine = (column < len(items)) & (items[np.minimum(column, len(items) - 1)] == history.item)
    rows = torch.from_numpy(history.rows[mine]).to(scores.device)
    scores[rows, torch.from_numpy(column[mine]).to(scores.device)] = float("-inf")


def validate_model(
    model: TrainedModel, targets: HeldOutTargets, worker: Worker = SINGLE_WORKER
) -> dict[str, float]:
    """Returns each platform's MRR against 999 negatives and NDCG@10 on all items.

    Keys are `<platform>.mrr`, `<platform>.ndcg@10` and `mrr`. The rank against 999 negatives
    is the expected rank in a uniform draw, so it has no sampling noise. `mrr` is the mean over
    platforms, by which the best epoch is chosen. Each worker ranks a part of the targets.

    Raises:
        NotFinite: a score is a NaN or infinite. It is raised on every worker.
    """
    if len(targets) > MAX_VALIDATION_TARGETS:
        targets = targets.take(
            np.random.default_rng(0).permutation(len(targets))[:MAX_VALIDATION_TARGETS]
        )
    sums = np.zeros((len(model.platforms), 4))  # targets, reciprocal ranks, gains, faults
    for code, platform in enumerate(model.platforms):
        mine = np.flatnonzero(targets.platform == code)
        own = targets.take(mine[worker.rank :: worker.world_size])
        try:
            ranks, faults = target_ranks(model, own, platform), 0
        except NotFinite:  # raised after the all-reduce, or the other workers would hang in it
            ranks, faults = np.zeros(0), 1
        items = len(model.vocabulary.platform_items(platform))
        expected = 1 + (ranks - 1) * min(1.0, PROTOCOL_NEGATIVES / max(1, items - 1))
        gains = (ranks <= 10) / np.log2(ranks + 1)
        sums[code] = len(ranks), (1 / expected).sum(), gains.sum(), faults
    found: dict[str, float] = {}
    summed = zip(model.platforms, worker.all_reduce(sums), strict=True)
    for platform, (count, reciprocal, gain, faults) in summed:
        if faults:
            raise not_finite_error("scores", platform)
        if count:
            found[f"{platform}.mrr"] = float(reciprocal / count)
            found[f"{platform}.ndcg@10"] = float(gain / count)
    return found | {"mrr": mean_platform_mrr(found)}


def mean_platform_mrr(metrics: dict[str, float]) -> float:
    """Returns the unweighted mean of the platforms' MRR; 0 if there is none."""
    each = [value for name, value in metrics.items() if name.endswith(".mrr")]
    return sum(each) / max(1, len(each))


def validate_net(
    net: NeuralNet, data: TrainingData, targets: HeldOutTargets, worker: Worker = SINGLE_WORKER
) -> dict[str, float]:
    """Returns `validate_model` of a network without its item-item term."""
    term = ItemItemTerm.empty(len(data.vocabulary))
    return validate_model(NeuralModel(net, data.vocabulary, term, Provenance()), targets, worker)
