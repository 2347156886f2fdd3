"""Recommends with one model version; serving and offline lists share it.

The pipeline, over one batch of people and one platform: candidates -> filter -> rank -> re-rank ->
explain. FILTERS and RERANKERS are its replaceable steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from plait.config import Project
from plait.features.history import History, encode_history
from plait.features.time_features import to_microseconds
from plait.models.families import load_model
from plait.models.family import Moment, TrainedModel
from plait.models.item_scores import DISLIKE, ItemScores
from plait.recommend.candidates import find_cold_start, retrieve_candidates
from plait.recommend.explain import explain_ranking
from plait.recommend.filters import (
    Filter,
    disliked_items,
    exclude_pairs,
    items_seen_earlier,
    named_items,
    seen_items,
)
from plait.recommend.list_request import BoolArray, Candidates, ItemColumns, ListRequest
from plait.recommend.popular_list import PopularList
from plait.recommend.rank import rank_candidates, rank_columns
from plait.recommend.ranked_lists import RankedLists, Recommendation, ScoredItem
from plait.recommend.request_limits import check_k, check_platform
from plait.recommend.rerank import ReRanker, rerank
from plait.store import Registry, Store

FILTERS: tuple[Filter, ...] = (seen_items, items_seen_earlier, named_items, disliked_items)
RERANKERS: tuple[ReRanker, ...] = ()  # within a platform; between platforms lists take turns


class Recommender:
    """Answers with one version of one model."""

    def __init__(self, model: TrainedModel, name: str = "", version: str = "") -> None:
        self.model, self.name, self.version = model, name, version
        self._popular = PopularList(model)
        self._columns = ItemColumns(model.vocabulary, model.platforms)

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
        return cls(load_model(folder), name, version)

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that can be recommended from."""
        return self.model.platforms

    def encode(self, sequences: pl.DataFrame) -> History:
        """Returns SEQUENCES rows in this version's numbers; unknown items are dropped."""
        return encode_history(sequences, self.model.vocabulary)

    def score(self, history: History, platform: str, now: Moment = None) -> ItemScores:
        """Returns the scores of all items of `platform`, see TrainedModel.score.

        A request is about the present: popularity and freshness are those of `now` (default:
        the present), however long ago the person was last seen.
        """
        check_platform(platform, self.platforms)
        return self.model.score(history, platform, to_microseconds(None) if now is None else now)

    def recommend(
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
        lists = self.ranked_lists(
            self.encode(sequences),
            platform,
            k,
            active=_has_events(sequences),
            seen=sequences["seen"] if "seen" in sequences.columns else None,
            exclude_seen=exclude_seen,
            exclude=exclude,
            now=now,
        )
        return lists.to_recommendations(self.model.vocabulary)

    def ranked_lists(
        self,
        history: History,
        platform: str,
        k: int,
        *,
        active: BoolArray | None = None,
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
        request = ListRequest(
            history,
            platform,
            k,
            np.broadcast_to(np.asarray(exclude_seen, bool), len(history)),
            exclude or (),
            seen,
        )
        scores = self.score(history, platform, now)
        candidates = retrieve_candidates(history, platform, scores, self._popular)
        excluded = exclude_pairs(FILTERS, request, candidates, self._columns)
        ranking = rank_candidates(candidates, excluded, k)
        ranking = rerank(RERANKERS, request, candidates, ranking)
        return explain_ranking(candidates, ranking, self._popular, active)

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
        row, column = self._columns.of_ids(items, platform)
        place = np.arange(len(row)) - np.searchsorted(row, row)
        chosen = np.full((len(items), int(place.max(initial=0)) + 1), -1, np.int64)
        chosen[row, place] = column
        candidates = Candidates(platform, scores, find_cold_start(history), scores.total)
        ranking = rank_columns(candidates, chosen)
        given = explain_ranking(candidates, ranking, self._popular, _has_events(sequences))
        # Of equal ones, such as cold-start people's unpopular items, the disliked come last.
        lists = given.reorder(np.lexsort((-given.terms[DISLIKE], -given.scores), axis=1))
        return [
            Recommendation(found.items + _unknown_items(ids, chosen[i] >= 0), found.fallback)
            for i, (found, ids) in enumerate(
                zip(lists.to_recommendations(self.model.vocabulary), items, strict=True)
            )
        ]


def _has_events(sequences: pl.DataFrame) -> BoolArray:
    """Returns which rows have any item event, [B]."""
    return sequences["item"].list.len().fill_null(0).to_numpy() > 0


def _unknown_items(ids: Sequence[str], known: BoolArray) -> list[ScoredItem]:
    return [ScoredItem(item, None) for item, there in zip(ids, known, strict=False) if not there]
