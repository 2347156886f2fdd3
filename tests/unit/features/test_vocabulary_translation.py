import numpy as np
import polars as pl

from plait.features.history import History
from plait.features.holdout import HeldOutTargets
from plait.features.vocabulary import Vocabulary
from plait.features.vocabulary_translation import VocabularyTranslation

ITEMS = pl.DataFrame({"item": ["a:1", "a:2", "b:1", "b:2"], "platform": ["a", "a", "b", "b"]})


def history(*people: list[int], platform: np.ndarray) -> History:
    items = np.array([i for person in people for i in person], np.int32)
    offsets = np.concatenate([[0], np.cumsum([len(p) for p in people])]).astype(np.int64)
    none = np.zeros(len(items), np.int16)
    return History(
        offsets, items, platform[items], none, none.astype(np.int64), none.astype(np.float32)
    )


def test_drops_what_the_other_does_not_know():
    both = Vocabulary.build(("a", "b"), ITEMS)
    own = Vocabulary.build(("b",), ITEMS)
    translation = VocabularyTranslation(both, own)
    found = translation.translate_history(
        history([1, 3, 4], [2], [4, 1], platform=both.item_platform)
    )
    assert found.offsets.tolist() == [0, 2, 2, 3]
    assert own.item_ids(found.item).to_list() == ["b:1", "b:2", "b:2"]
    assert found.platform.tolist() == [0, 0, 0]


def test_reads_from_and_into_a_vocabulary_that_was_appended_to():
    small = Vocabulary.build(("a", "b"), ITEMS[:3])
    appended, whole = small.append(ITEMS), Vocabulary.build(("b", "a"), ITEMS)
    assert appended.item_ids(np.arange(1, 5)).to_list() == ["a:1", "a:2", "b:1", "b:2"]
    appended = appended.append(pl.DataFrame({"item": ["a:0"], "platform": ["a"]}))
    asked = history([4, 5, 1], [5], [2, 3], platform=appended.item_platform)
    found = VocabularyTranslation(appended, whole).translate_history(asked)
    assert whole.item_ids(found.item).to_list() == ["b:2", "a:1", "a:2", "b:1"]
    assert found.offsets.tolist() == [0, 2, 2, 4]
    assert found.platform.tolist() == [0, 1, 1, 0]
    back = VocabularyTranslation(whole, appended).translate_history(found)
    assert appended.item_ids(back.item).to_list() == ["b:2", "a:1", "a:2", "b:1"]
    np.testing.assert_array_equal(back.platform, appended.item_platform[back.item])


def test_targets_need_a_history():
    both = Vocabulary.build(("a", "b"), ITEMS)
    own = Vocabulary.build(("b",), ITEMS)
    before = history([3], [1], [3, 1], platform=both.item_platform)
    item, platform = np.int32([4, 4, 2]), np.int16([1, 1, 0])
    targets = HeldOutTargets(np.array([7, 8, 9]), before, item, platform, np.array([30, 20, 10]))
    found = VocabularyTranslation(both, own).translate_targets(targets)
    assert found.row.tolist() == [7]
    assert found.time.tolist() == [30]
    assert own.item_ids(found.item).to_list() == ["b:2"]
