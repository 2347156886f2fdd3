"""Translates histories into a scorer's vocabulary, and its scores back into the evaluation's."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from plait.errors import NotFinite
from plait.evaluation.scorers import ScoreArray, Scorer
from plait.features.history import History
from plait.features.vocabulary import Vocabulary
from plait.features.vocabulary_translation import VocabularyTranslation


class VocabularyBridge:
    """Scores the items of `vocabulary` on `platform` for histories in that vocabulary.

    Events on items that the scorer does not know are dropped, as serving drops them. So a
    version trained on one platform gets only that platform's events. Items that the scorer
    does not know score -inf.
    """

    def __init__(self, scorer: Scorer, vocabulary: Vocabulary, platform: str) -> None:
        self._scorer, self._platform = scorer, platform
        theirs = scorer.vocabulary
        self._same = theirs.platforms == vocabulary.platforms and theirs.items.equals(
            vocabulary.items
        )
        if not self._same:
            self._translation = VocabularyTranslation(vocabulary, theirs)
            translated = self._translation.item[vocabulary.platform_items(platform)]
            self._known = translated > 0
            self._column = np.searchsorted(theirs.platform_items(platform), translated[self._known])

    def scores(self, history: History, now: npt.NDArray[np.int64]) -> ScoreArray:
        """Returns scores, [B, N]; column j is `vocabulary.platform_items(platform)[j]`.

        Args:
            history: B people.
            now: time of each person's request, UTC microseconds, -1 if unknown, [B].

        Raises:
            NotFinite: a score of the scorer is a NaN or infinite.
        """
        if not self._same:
            history = self._translation.translate_history(history)
        scores = self._scorer.score(history, self._platform, now)
        if not np.isfinite(scores).all():
            raise NotFinite(
                f"{self._scorer.name} gives scores that are NaN or infinite on '{self._platform}'.",
                fix="Train again with a smaller train.learning_rate.",
            )
        if self._same:
            return scores
        full = np.full((len(history), len(self._known)), -np.inf, np.float32)
        full[:, self._known] = scores[:, self._column]
        return full
