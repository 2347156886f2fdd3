"""Translates histories and targets from one vocabulary's indices to another's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from plait.features.history import History
from plait.features.holdout import HeldOutTargets
from plait.features.vocabulary import Vocabulary


class VocabularyTranslation:
    """Translates data encoded with the vocabulary `source` to the vocabulary `target`.

    Attributes:
        item: target index of every source index, 0 if the target lacks it.
        platform: target code of every source code, -1 if the target lacks it.
    """

    def __init__(self, source: Vocabulary, target: Vocabulary) -> None:
        self.item = np.concatenate([[0], target.index(source.items["item"])]).astype(np.int32)
        codes = {name: code for code, name in enumerate(target.platforms)}
        self.platform = np.array([codes.get(name, -1) for name in source.platforms], np.int16)

    def translate_history(self, history: History) -> History:
        """Returns the translated histories, without events that the target does not know."""
        mapped = replace(
            history, item=self.item[history.item], platform=self.platform[history.platform]
        )
        return mapped.keep((mapped.item > 0) & (mapped.platform >= 0))

    def translate_targets(self, targets: HeldOutTargets) -> HeldOutTargets:
        """Returns the translated targets that `target` knows and that still have a history."""
        history = self.translate_history(targets.history)
        mapped = HeldOutTargets(
            targets.row,
            history,
            self.item[targets.item],
            self.platform[targets.platform],
            targets.time,
        )
        return mapped.take(np.flatnonzero((mapped.item > 0) & (history.lengths > 0)))
