"""Recommends with one model version; serving and offline lists share it.

The pipeline over one batch of people and one platform is candidates -> filter -> rank -> re-rank
-> explain. FILTERS and RERANKERS are its replaceable steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from plait.config import Project
from plait.features.history import History, encode_history
from plait.features.index_pairs import IndexPairs
from plait.features.known_people import earlier_items
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
RERANKERS: tuple[ReRanker, ...] = ()  # within a platform; `interleave_lists` is between platforms


class Recommender:
    """Recommends with one version of one model."""

    def __init__(self, model: TrainedModel, name: str = "", version: str = "") -> None:
        self.model, self.name, self.version = model, name, version
        self._popular = PopularList(model)
        self._columns = ItemColumns(model.vocabulary, model.platforms)

    @classmethod
    def load(
        cls, source: Project | Store, name: str | None = None, version: str | None = None
    ) -> Recommender:
        """Returns a version from the registry after checking its files.

        Args:
            source: a project, or its store.
            name: the model; default: the project's, else "default".
            version: v1, v2, ...; default: the one promoted to `current`.

        Raises:
            NoModel: there is no such version.
            DamagedVersion: its files differ from those published.
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
        """Returns SEQUENCES rows encoded with this version's vocabulary, without unknown items."""
        return encode_history(sequences, self.model.vocabulary)

    def score(self, history: History, platform: str, now: Moment = None) -> ItemScores:
        """Returns the scores of all items of `platform`, see TrainedModel.score.

        Popularity and freshness are those at `now` (default: the present), not those at the
        time of a person's last event.

        Raises:
            UnknownPlatform: this version was not trained on `platform`.
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

        A person without a positive event on an item that this version knows gets the popular
        list. Items whose latest opinion of the person is a dislike are left out.

        Args:
            sequences: SEQUENCES rows; an unknown person has an empty list of items.
            platform: the platform to recommend from.
            k: requested items, 1 to MAX_K. The result has fewer if fewer are left.
            exclude_seen: leave out the items of the row; one value for all rows or one per row.
            exclude: further item ids to leave out, one sequence per row.
            now: time of the request, UTC microseconds; default: the present.

        Raises:
            UnknownPlatform: this version was not trained on `platform`.
            BadRequest: `k` is out of range.
        """
        earlier = None
        if "seen" in sequences.columns:
            earlier = earlier_items(sequences["seen"], self.model.vocabulary)
        lists = self.ranked_lists(
            self.encode(sequences),
            platform,
            k,
            active=_has_events(sequences),
            earlier=earlier,
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
        earlier: IndexPairs | None = None,
        exclude_seen: bool | Sequence[bool] = True,
        exclude: Sequence[Sequence[str]] | None = None,
        now: int | None = None,
    ) -> RankedLists:
        """Returns the lists of `recommend` as arrays.

        Args:
            history: B people, encoded by this version.
            platform: see `recommend`.
            k: see `recommend`.
            active: which people have any item event, known to this version or not, [B].
            earlier: (row, vocabulary index) of items that people had before their histories
                begin.
            exclude_seen: see `recommend`.
            exclude: see `recommend`.
            now: see `recommend`.

        Raises:
            UnknownPlatform: this version was not trained on `platform`.
            BadRequest: `k` is out of range.
        """
        check_k(k)
        history, withheld = self._usable_on(platform, history)
        request = ListRequest(
            history,
            platform,
            k,
            np.broadcast_to(np.asarray(exclude_seen, bool), len(history)),
            exclude or (),
            earlier or IndexPairs.none(),
        )
        scores = self.score(history, platform, now)
        candidates = retrieve_candidates(history, platform, scores, self._popular)
        excluded = exclude_pairs(FILTERS, request, candidates, self._columns)
        ranking = rank_candidates(candidates, excluded, k)
        ranking = rerank(RERANKERS, request, candidates, ranking)
        return explain_ranking(candidates, ranking, self._popular, active, withheld)

    def rank(
        self,
        sequences: pl.DataFrame,
        platform: str,
        items: Sequence[Sequence[str]],
        *,
        now: int | None = None,
    ) -> list[Recommendation]:
        """Returns the given items of each row, best first.

        Items that this version does not know on `platform` come last, in the given order and
        without a score. Scores are those of `recommend`. A disliked item is kept, with its
        much lower score.

        Args:
            sequences: SEQUENCES rows.
            platform: the platform of the items.
            items: candidate item ids, one sequence per row.
            now: see `recommend`.

        Raises:
            UnknownPlatform: this version was not trained on `platform`.
        """
        return self.rank_histories(
            self.encode(sequences), platform, items, active=_has_events(sequences), now=now
        )

    def rank_histories(
        self,
        history: History,
        platform: str,
        items: Sequence[Sequence[str]],
        *,
        active: BoolArray | None = None,
        now: int | None = None,
    ) -> list[Recommendation]:
        """Returns the lists of `rank` for encoded histories; `active` is as in `ranked_lists`."""
        history, withheld = self._usable_on(platform, history)
        scores = self.score(history, platform, now)
        row, column = self._columns.of_ids(items, platform)
        place = np.arange(len(row)) - np.searchsorted(row, row)
        chosen = np.full((len(items), int(place.max(initial=0)) + 1), -1, np.int64)
        chosen[row, place] = column
        candidates = Candidates(platform, scores, find_cold_start(history), scores.total)
        ranking = rank_columns(candidates, chosen)
        given = explain_ranking(candidates, ranking, self._popular, active, withheld)
        # Among equal scores, as of items without events in a cold start, disliked ones come last.
        lists = given.reorder(np.lexsort((-given.terms[DISLIKE], -given.scores), axis=1))
        return [
            Recommendation(found.items + _unknown_items(ids, chosen[i] >= 0), found.fallback)
            for i, (found, ids) in enumerate(
                zip(lists.to_recommendations(self.model.vocabulary), items, strict=True)
            )
        ]

    def _usable_on(self, platform: str, history: History) -> tuple[History, BoolArray]:
        """Returns the events that a list of `platform` may use, and who has only others, [B]."""
        check_platform(platform, self.platforms)
        usable = history.usable_on(self.model.vocabulary.platforms.index(platform))
        return usable, (usable.lengths == 0) & (history.lengths > 0)


def _has_events(sequences: pl.DataFrame) -> BoolArray:
    """Returns which rows have at least one item event, [B]."""
    return sequences["item"].list.len().fill_null(0).to_numpy() > 0


def _unknown_items(ids: Sequence[str], known: BoolArray) -> list[ScoredItem]:
    return [ScoredItem(item, None) for item, there in zip(ids, known, strict=False) if not there]
