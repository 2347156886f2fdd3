"""An item keeps its index for ever, whatever is appended, how often and in which order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.features.vocabulary import Vocabulary

PLATFORMS = ("b", "a")
LISTINGS = st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 12))
APPENDED = st.lists(st.lists(LISTINGS, max_size=8), min_size=1, max_size=5)


def listings(drawn: list[tuple[str, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        {"item": [f"{p}:{n}" for p, n in drawn], "platform": [p for p, _ in drawn]},
        schema={"item": pl.String, "platform": pl.String},
    )


def same(one: Vocabulary, two: Vocabulary) -> bool:
    return (
        one.items.equals(two.items)
        and one.entity.tolist() == two.entity.tolist()
        and one.block_ends == two.block_ends
    )


@given(APPENDED)
def test_an_item_keeps_its_index_and_its_column(appended: list[list[tuple[str, int]]]) -> None:
    vocabulary = Vocabulary.build(PLATFORMS, listings(appended[0]))
    for drawn in appended[1:]:
        before, vocabulary = vocabulary, vocabulary.append(listings(drawn))
        names = before.items["item"]
        assert vocabulary.index(names).tolist() == before.index(names).tolist()
        for platform in PLATFORMS:
            old, new = (v.platform_items(platform) for v in (before, vocabulary))
            assert new[: len(old)].tolist() == old.tolist()
            blocks = [block for block in before.platform_blocks(platform) if len(block)]
            for one, two in zip(blocks, vocabulary.platform_blocks(platform), strict=False):
                assert one.tolist() == two.tolist()
    every = {f"{p}:{n}" for drawn in appended for p, n in drawn if p in PLATFORMS}
    assert sorted(vocabulary.items["item"]) == sorted(every)


@given(APPENDED)
def test_a_platform_is_contiguous_in_every_block(appended: list[list[tuple[str, int]]]) -> None:
    vocabulary = Vocabulary.build(PLATFORMS, listings(appended[0]))
    for drawn in appended[1:]:
        vocabulary = vocabulary.append(listings(drawn))
    for platform in PLATFORMS:
        own = vocabulary.platform_items(platform)
        assert (np.diff(own) > 0).all()
        blocks = vocabulary.platform_blocks(platform)
        assert np.concatenate(blocks).tolist() == own.tolist()
        for block in blocks:
            assert (np.diff(block) == 1).all()
            names = vocabulary.item_ids(block).to_list()
            assert names == sorted(names)
    starts = [1, *vocabulary.block_ends]
    for first, end in zip(starts, vocabulary.block_ends, strict=False):
        assert (np.diff(vocabulary.item_platform[first:end]) >= 0).all()


@given(st.lists(LISTINGS, max_size=8), st.lists(LISTINGS, max_size=8), st.randoms())
def test_order_and_repeats_do_not_matter(
    first: list[tuple[str, int]], then: list[tuple[str, int]], random
) -> None:
    once = Vocabulary.build(PLATFORMS, listings(first)).append(listings(then))
    assert once.append(listings(then)) is once
    assert once.append(listings(first)) is once
    mixed = [*then, *then, *first]
    random.shuffle(mixed)
    assert same(Vocabulary.build(PLATFORMS, listings(first)).append(listings(mixed)), once)


def test_a_vocabulary_that_was_never_appended_to_is_written_as_ever(tmp_path: Path) -> None:
    whole = Vocabulary.build(PLATFORMS, listings([("a", 1), ("b", 1), ("b", 2)]))
    whole.save(tmp_path)
    whole.items.write_parquet(tmp_path / "expected.parquet")
    written = (tmp_path / "vocabulary.parquet").read_bytes()
    assert written == (tmp_path / "expected.parquet").read_bytes()
    assert same(Vocabulary.load(tmp_path, PLATFORMS), whole)


def test_blocks_and_entities_are_read_back(tmp_path: Path) -> None:
    whole = Vocabulary.build(PLATFORMS, listings([("a", 1), ("b", 1)]))
    added = listings([("b", 7), ("a", 5), ("a", 6)])
    whole = whole.append(added.with_columns(entity=pl.Series(["a:1", None, "x:9"])))
    whole = whole.append(listings([("a", 9)]))
    assert whole.items["item"].to_list() == ["b:1", "a:1", "b:7", "a:5", "a:6", "a:9"]
    assert whole.entity.tolist() == [0, 1, 2, 2, 4, 5, 6]
    assert whole.block_ends == (3, 6, 7)
    whole.save(tmp_path)
    assert same(Vocabulary.load(tmp_path, PLATFORMS), whole)


def test_an_entity_is_that_of_the_listing_named(tmp_path: Path) -> None:
    """Also where that one shares its own with another, or is new as well."""
    named = pl.Series([None, "a:1", None, None])
    first = listings([("a", 1), ("a", 2), ("a", 3), ("b", 4)]).with_columns(entity=named)
    whole = Vocabulary.build(PLATFORMS, first)
    assert whole.entity.tolist() == [0, 1, 2, 2, 4]
    new = listings([("a", 5), ("b", 6), ("a", 7)])
    after = whole.append(new.with_columns(entity=pl.Series(["a:2", "a:7", "b:4"])))
    assert dict(zip(after.items["item"], after.item_ids(after.entity[1:]), strict=True)) == {
        "b:4": "b:4",
        "a:1": "a:1",
        "a:2": "a:1",
        "a:3": "a:3",
        "b:6": "b:4",
        "a:5": "a:1",
        "a:7": "b:4",
    }
    assert after.entity[: len(whole)].tolist() == whole.entity.tolist()
    chain = new.with_columns(entity=pl.Series(["b:6", "a:7", "b:4"]))
    assert set(whole.append(chain).entity[len(whole) :].tolist()) == set(
        whole.index(pl.Series(["b:4"]))
    )
    for circle in (["b:6", "a:5", None], ["b:6", "a:7", "a:5"]):
        with pytest.raises(ValueError, match="circle"):
            whole.append(new.with_columns(entity=pl.Series(circle)))


def test_an_item_without_an_id_is_none() -> None:
    nameless = pl.DataFrame({"item": [None, "a:1"], "platform": ["a", "a"]})
    assert Vocabulary.build(PLATFORMS, nameless).items["item"].to_list() == ["a:1"]


@pytest.mark.parametrize(
    ("column", "values"),
    [("entity", [1, 3]), ("entity", [0, 2]), ("entity", [2, 1]), ("entity", [-1, 2])],
)
def test_a_file_with_impossible_entities_is_refused(tmp_path: Path, column, values) -> None:
    whole = Vocabulary.build(PLATFORMS, listings([("a", 1), ("b", 1)]))
    table = whole.items.with_columns(pl.Series(column, values, pl.Int32))
    table.write_parquet(tmp_path / "vocabulary.parquet")
    with pytest.raises(ValueError, match="entity"):
        Vocabulary.load(tmp_path, PLATFORMS)
