"""A model version that answers: serving and offline lists ask it alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import torch

from plait.config import Project
from plait.features.history import History, encode_history
from plait.features.likes_and_dislikes import Dislikes, keep_positive_events
from plait.features.time_features import to_microseconds
from plait.models.item_scores import DISLIKE, ItemScores, check_scores
from plait.models.neural.neural_model import Moment, NeuralModel
from plait.recommend.popular_list import PopularList
from plait.recommend.ranked_lists import (
    FloatArray,
    IndexArray,
    RankedLists,
    Recommendation,
    ScoredItem,
    fallback_reasons,
)
from plait.recommend.request_limits import check_k, check_platform
from plait.recommend.top_k import top_k_columns
from plait.store import Registry, Store


class Recommender:
    """Answers with one version of one model."""

    def __init__(self, model: NeuralModel, name: str = "", version: str = "") -> None:
        self.model, self.name, self.version = model, name, version
        self._popular = PopularList(model)
        vocabulary = model.vocabulary
        # Place of every vocabulary index among its platform's items.
        self._column = np.full(len(vocabulary), -1, np.int64)
        for platform in model.platforms:
            own = vocabulary.platform_items(platform)
            self._column[own] = np.arange(len(own))

    @classmethod
    def load(
        cls, source: Project | Store, name: str | None = None, version: str | None = None
    ) -> Recommender:
        """Returns a version from the registry, its files checked.

        Args:
            source: a project, or its store.
            name: the model; default: the project's, else "default".
            version: v1, v2, ...; default: the one promoted to `current`.

        Raises:
            NoModel: there is no such version.
            DamagedVersion: its files are not what was published.
        """
        if isinstance(source, Project):
            store, name = Store(source.store_uri), name or source.model
        else:
            store, name = source, name or "default"
        version, folder = Registry(store).fetch(name, version)
        return cls(NeuralModel.load(folder), name, version)

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that can be recommended from."""
        return self.model.platforms

    def encode(self, sequences: pl.DataFrame) -> History:
        """Returns SEQUENCES rows in this version's numbers; unknown items are dropped."""
        return encode_history(sequences, self.model.vocabulary)

    def score(self, history: History, platform: str, now: Moment = None) -> ItemScores:
        """Returns the scores of all items of `platform`, see Model.score.

        A request is about the present: popularity and freshness are those of `now` (default:
        the present), however long ago the person was last seen.
        """
        check_platform(platform, self.platforms)
        return self.model.score(history, platform, to_microseconds(None) if now is None else now)

    def top(
        self,
        sequences: pl.DataFrame,
        platform: str,
        k: int = 10,
        *,
        exclude_seen: bool | Sequence[bool] = True,
        exclude: Sequence[Sequence[str]] | None = None,
        now: int | None = None,
    ) -> list[Recommendation]:
        """Returns the best `k` items of `platform` for each row of `sequences`.

        A person who chose nothing that this version knows gets the popular list. What someone
        turned against, and has not come to like since, is in none of their lists.

        Args:
            sequences: SEQUENCES rows; an empty list of items is a person nobody knows.
            platform: what to recommend from.
            k: items wanted, 1 to MAX_K; fewer come back where fewer are left.
            exclude_seen: leave out items of the row, for all rows or one by one.
            exclude: further item ids to leave out, row by row.
            now: when the list is wanted, UTC microseconds; default: the present.

        Raises:
            UnknownPlatform: this version was not trained on `platform`.
            BadRequest: `k` is out of range.
        """
        lists = self.lists(
            self.encode(sequences),
            platform,
            k,
            active=_has_events(sequences),
            seen=sequences["seen"] if "seen" in sequences.columns else None,
            exclude_seen=exclude_seen,
            exclude=exclude,
            now=now,
        )
        return lists.recommendations(self.model.vocabulary)

    def lists(
        self,
        history: History,
        platform: str,
        k: int,
        *,
        active: npt.NDArray[np.bool_] | None = None,
        seen: pl.Series | None = None,
        exclude_seen: bool | Sequence[bool] = True,
        exclude: Sequence[Sequence[str]] | None = None,
        now: int | None = None,
    ) -> RankedLists:
        """Returns what `top` returns, as arrays.

        Args:
            history: B people, encoded by this version.
            platform: see `top`, as everything below that is not explained.
            k: .
            active: people with any item event, known to this version or not, [B].
            seen: items that people had before their histories begin, one a line, B texts.
            exclude_seen: .
            exclude: .
            now: .
        """
        check_k(k)
        scores = self.score(history, platform, now)
        stranger = keep_positive_events(history).lengths == 0
        everyone = np.broadcast_to(np.asarray(exclude_seen, bool), len(history))
        named = _excluded_ids(len(history), exclude or [], seen, everyone)
        hidden = self._hidden(history, platform, everyone, named)
        total = scores.total
        if stranger.any():
            rows = _to_tensor(np.flatnonzero(stranger), total)
            lost = None if scores.dislike is None else scores.dislike[rows]
            total = total.clone()
            total[rows] = self._popular.order(platform, lost).to(total.device)
        columns, best = top_k_columns(total, *hidden, k, platform)
        terms = _to_numpy(scores.terms_of(_to_tensor(columns, total)))
        share = self._popular.share(platform)[columns]
        value = np.where(np.isfinite(best), share * np.exp(terms[DISLIKE]), -np.inf)
        return RankedLists(
            platform,
            columns,
            np.where(stranger[:, None], value, best).astype(np.float32),
            terms,
            fallback_reasons(stranger, active),
            share,
        )

    def rank(
        self,
        sequences: pl.DataFrame,
        platform: str,
        items: Sequence[Sequence[str]],
        *,
        now: int | None = None,
    ) -> list[Recommendation]:
        """Returns the given items of each row, best first.

        Items that this version does not know on `platform` come last, in the order given and
        without a score. Scores are those of `top`; what someone turned against keeps its own,
        which is lower by far.

        Args:
            sequences: SEQUENCES rows.
            platform: whose items they are.
            items: candidates, row by row.
            now: see `top`.
        """
        history = self.encode(sequences)
        scores = self.score(history, platform, now)
        stranger = keep_positive_events(history).lengths == 0
        row, column = self._columns_of(items, platform)
        place = np.arange(len(row)) - np.searchsorted(row, row)
        chosen = np.full((len(items), int(place.max(initial=0)) + 1), -1, np.int64)
        chosen[row, place] = column
        known = chosen >= 0
        chosen = np.maximum(chosen, 0)
        where = _to_tensor(chosen, scores.total)
        own = check_scores(scores.total.gather(1, where), platform).cpu().numpy()
        terms, share = _to_numpy(scores.terms_of(where)), self._popular.share(platform)[chosen]
        value = np.where(stranger[:, None], share * np.exp(terms[DISLIKE]), own)
        value = np.where(known, value, -np.inf).astype(np.float32)
        # Of equal ones, such as strangers' unpopular items, the disliked come last.
        order = np.lexsort((-terms[DISLIKE], -value), axis=1)
        lists = RankedLists(
            platform,
            np.take_along_axis(chosen, order, 1),
            np.take_along_axis(value, order, 1),
            {name: np.take_along_axis(values, order, 1) for name, values in terms.items()},
            fallback_reasons(stranger, _has_events(sequences)),
            np.take_along_axis(share, order, 1),
        )
        return [
            Recommendation(found.items + _unknown_items(asked, known[i]), found.fallback)
            for i, (found, asked) in enumerate(
                zip(lists.recommendations(self.model.vocabulary), items, strict=True)
            )
        ]

    def _columns_of(
        self, items: Sequence[Sequence[str]], platform: str
    ) -> tuple[IndexArray, IndexArray]:
        """Returns the row and, on `platform`, the column (-1: unknown) of each item id."""
        row = np.repeat(np.arange(len(items)), [len(ids) for ids in items])
        ids = pl.Series([item for ids in items for item in ids], dtype=pl.String)
        index = self.model.vocabulary.index(ids)
        own = self.model.vocabulary.item_platform[index] == self.platforms.index(platform)
        return row, np.where(own, self._column[index], -1)

    def _hidden(
        self,
        history: History,
        platform: str,
        exclude_seen: npt.NDArray[np.bool_],
        exclude: Sequence[Sequence[str]],
    ) -> tuple[IndexArray, IndexArray]:
        """Returns the (row, column) pairs that may not be in a list."""
        code = self.platforms.index(platform)
        seen = exclude_seen[history.rows] & (history.platform == code)
        row, column = self._columns_of(exclude, platform)
        named = column >= 0
        dislikes = Dislikes.of(history)
        own = self.model.vocabulary.item_platform[dislikes.item] == code
        return (
            np.concatenate([history.rows[seen], row[named], dislikes.row[own]]),
            np.concatenate(
                [self._column[history.item[seen]], column[named], self._column[dislikes.item[own]]]
            ),
        )


def _excluded_ids(
    count: int,
    exclude: Sequence[Sequence[str]],
    seen: pl.Series | None,
    wanted: npt.NDArray[np.bool_],
) -> Sequence[Sequence[str]]:
    """Returns what each of `count` rows leaves out by name: `exclude`, and `seen` where wanted."""
    if seen is None or not (some := seen.is_not_null().to_numpy() & wanted).any():
        return exclude
    named = [list(items) for items in exclude] or [[] for _ in range(count)]
    for row in np.flatnonzero(some):
        named[row] += seen[int(row)].split("\n")
    return named


def _has_events(sequences: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Returns which rows have any item event, [B]."""
    return sequences["item"].list.len().fill_null(0).to_numpy() > 0


def _to_tensor(values: npt.NDArray[np.generic], beside: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(values).to(beside.device)


def _to_numpy(terms: dict[str, torch.Tensor]) -> dict[str, FloatArray]:
    return {name: values.cpu().numpy() for name, values in terms.items()}


def _unknown_items(asked: Sequence[str], known: npt.NDArray[np.bool_]) -> list[ScoredItem]:
    return [ScoredItem(item, None) for item, sure in zip(asked, known, strict=False) if not sure]
