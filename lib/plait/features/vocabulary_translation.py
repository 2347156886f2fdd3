"""From the numbers of one vocabulary to those of another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from plait.features.history import History
from plait.features.holdout import HeldOutTargets
from plait.features.vocabulary import Vocabulary


class VocabularyTranslation:
    """Reads what was encoded with `source` as if `target` had encoded it.

    Attributes:
        item: target index of every source index, 0 where the target lacks it.
        platform: target code of every source code, -1 where the target lacks it.
    """

    def __init__(self, source: Vocabulary, target: Vocabulary) -> None:
        self.item = np.concatenate([[0], target.index(source.items["item"])]).astype(np.int32)
        codes = {name: code for code, name in enumerate(target.platforms)}
        self.platform = np.array([codes.get(name, -1) for name in source.platforms], np.int16)

    def translate_history(self, history: History) -> History:
        """Returns the histories without the events that the target does not know."""
        mapped = replace(
            history, item=self.item[history.item], platform=self.platform[history.platform]
        )
        return mapped.keep((mapped.item > 0) & (mapped.platform >= 0))

    def translate_targets(self, targets: HeldOutTargets) -> HeldOutTargets:
        """Returns the targets that the target vocabulary knows and that have a history."""
        history = self.translate_history(targets.history)
        mapped = HeldOutTargets(
            targets.row,
            history,
            self.item[targets.item],
            self.platform[targets.platform],
            targets.time,
        )
        return mapped.take(np.flatnonzero((mapped.item > 0) & (history.lengths > 0)))
