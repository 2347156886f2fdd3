"""Which items and platforms a model knows, and their places in its tensors."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

VOCABULARY_FILE = "vocabulary.parquet"


class Vocabulary:
    """Listings numbered from 1, and the entity of each; 0 stands for none.

    Append-only: an item keeps its index for ever. What `append` adds is a block behind all others,
    numbered platform by platform, so every platform is contiguous in every block, its items ascend,
    and those it had before stay at their front. An index is a row of an embedding table as long as
    the table has one: several listings may use the row of one of them, their entity.

    Args:
        platforms: names in the order of their codes 0, 1, ...
        items: columns item (platform:id) and platform, one row an item, in the order of their
            indices 1, 2, ...
        entity: see below; default: every item is its own.
        block_ends: see below; default: one block.

    Attributes:
        entity: index of the item whose embedding each index uses, int32 [len(self)].
        block_ends: one more than the last index of each block, ascending; 0 is in the first.

    Raises:
        ValueError: the entities or blocks are not what they must be.
    """

    def __init__(
        self,
        platforms: tuple[str, ...],
        items: pl.DataFrame,
        entity: np.ndarray | None = None,
        block_ends: tuple[int, ...] = (),
    ) -> None:
        self.platforms = platforms
        self.items = items.select(
            pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias("index"),
            pl.col("item").cast(pl.String),
            pl.col("platform").cast(pl.String),
        )
        itself = np.arange(len(self), dtype=np.int32)
        self.entity = itself if entity is None else entity.astype(np.int32)
        self.block_ends = block_ends or (len(self),)
        inside = (self.entity[1:] > 0) & (self.entity[1:] < len(self))
        if len(self.entity) != len(self) or self.entity[0] or not inside.all():
            msg = "an item's entity is none of the items"
            raise ValueError(msg)
        if not np.array_equal(self.entity[self.entity], self.entity):
            msg = "an item's entity uses the embedding of another"
            raise ValueError(msg)
        if self.block_ends[-1] != len(self) or (np.diff([0, *self.block_ends]) <= 0).any():
            msg = "the blocks do not cover the items"
            raise ValueError(msg)

    @classmethod
    def build(cls, platforms: tuple[str, ...], items: pl.DataFrame) -> Vocabulary:
        """Returns the vocabulary of `items` alone, see `append`: one block."""
        return cls(
            platforms, pl.DataFrame(schema={"item": pl.String, "platform": pl.String})
        ).append(items)

    def append(self, items: pl.DataFrame) -> Vocabulary:
        """Returns the vocabulary, then the (item, platform) rows of `items` that it lacks.

        Rows of other platforms are left out; the order of rows, and how often one occurs, does
        not matter. Where nothing is new, it is the same vocabulary.

        Args:
            items: columns item and platform; maybe entity: the item whose embedding each uses,
                null or an unknown one for its own. One that names another itself stands for that.

        Raises:
            ValueError: new items name each other in a circle.
        """
        named = pl.col("entity").min() if "entity" in items.columns else pl.lit(None, pl.String)
        place = {name: code for code, name in enumerate(self.platforms)}
        new = (
            items.filter(pl.col("platform").is_in(self.platforms) & pl.col("item").is_not_null())
            .group_by("item", "platform")
            .agg(named.alias("entity"))
            .join(self.items, on=["item", "platform"], how="anti")
            .sort(pl.col("platform").replace_strict(place, return_dtype=pl.Int32), "item")
        )
        if not new.height:
            return self
        every = pl.concat([self.items.select("item", "platform"), new.select("item", "platform")])
        entity = np.concatenate([self.entity, np.arange(new.height, dtype=np.int32) + len(self)])
        ends = (*(self.block_ends if self.items.height else ()), len(entity))
        after = Vocabulary(self.platforms, every, entity, ends)
        if not new["entity"].count():
            return after
        wanted = after.index(new["entity"])
        entity[len(self) :] = np.where(wanted > 0, wanted, entity[len(self) :])
        return Vocabulary(self.platforms, every, _resolve_entities(entity), ends)

    def __len__(self) -> int:
        """Every item and the empty one: rows of a table with one for each."""
        return self.items.height + 1

    def index(self, items: pl.Series) -> np.ndarray:
        """Returns the index of each item id, 0 for unknown ones; int32 [N].

        Looked up by hash in a sorted array, so the cost follows the query's size, not the
        vocabulary's: a request must not rebuild a hash table of all items.
        """
        if items.len() == 0 or self.items.height == 0:
            return np.zeros(items.len(), np.int32)
        texts = items if items.dtype == pl.String else items.cast(pl.String)
        hashes, order = self._hashes
        place = np.minimum(np.searchsorted(hashes, texts.hash().to_numpy()), len(hashes) - 1)
        found = order[place]
        same = self.items["item"].gather(found).eq_missing(texts).to_numpy()
        return np.where(same, found + 1, 0).astype(np.int32)

    def platform_code(self, platform: str) -> int:
        """Returns the code of `platform`, which must be known."""
        return self.platforms.index(platform)

    def platform_items(self, platform: str) -> np.ndarray:
        """Returns the indices of the platform's items, ascending; int32 [N_p]."""
        return self._by_platform[platform]

    def platform_blocks(self, platform: str) -> list[np.ndarray]:
        """Returns `platform_items` block by block, without empty ones; at least one part."""
        own = self.platform_items(platform)
        parts = np.split(own, np.searchsorted(own, self.block_ends[:-1]))
        return [part for part in parts if len(part)] or parts[:1]

    def item_ids(self, indices: np.ndarray) -> pl.Series:
        """Returns the item ids at `indices` (all >= 1)."""
        return self.items["item"].gather(np.asarray(indices, np.int64) - 1)

    @cached_property
    def item_platform(self) -> np.ndarray:
        """Platform code of every index, -1 at 0; int16 [len(self)]."""
        place = {name: code for code, name in enumerate(self.platforms)}
        codes = self.items["platform"].replace_strict(place, return_dtype=pl.Int16).to_numpy()
        return np.concatenate([np.array([-1], np.int16), codes])

    @cached_property
    def _by_platform(self) -> dict[str, np.ndarray]:
        codes = self.item_platform
        return {
            name: np.flatnonzero(codes == code).astype(np.int32)
            for code, name in enumerate(self.platforms)
        }

    @cached_property
    def _hashes(self) -> tuple[np.ndarray, np.ndarray]:
        hashes = self.items["item"].hash().to_numpy()
        order = np.argsort(hashes, kind="stable")
        return hashes[order], order

    def save(self, folder: Path) -> None:
        """Writes the vocabulary into `folder`; platforms travel in the model's config.

        The columns entity and block are there only where they say something.
        """
        table = self.items
        if (self.entity != np.arange(len(self))).any():
            table = table.with_columns(pl.Series("entity", self.entity[1:]))
        if len(self.block_ends) > 1:
            block = np.searchsorted(self.block_ends, table["index"].to_numpy(), side="right")
            table = table.with_columns(pl.Series("block", block, pl.Int32))
        table.write_parquet(folder / VOCABULARY_FILE)

    @classmethod
    def load(cls, folder: Path, platforms: tuple[str, ...]) -> Vocabulary:
        """Returns the vocabulary written into `folder`.

        Raises:
            ValueError: see the constructor.
        """
        table = pl.read_parquet(folder / VOCABULARY_FILE, glob=False, hive_partitioning=False).sort(
            "index"
        )
        entity, ends = None, np.empty(0, np.int64)
        if "entity" in table.columns:
            entity = np.concatenate([[0], table["entity"].to_numpy()])
        if "block" in table.columns:
            ends = np.flatnonzero(np.diff(table["block"].to_numpy(), append=-1)) + 2
        return cls(platforms, table, entity, tuple(ends.tolist()))


def _resolve_entities(entity: np.ndarray) -> np.ndarray:
    """Returns where following `entity` [N] ends for each index."""
    end = entity
    for _ in range(len(entity).bit_length()):  # each round doubles the steps taken
        end = end[end]
    if (entity[end] != end).any():
        msg = "items name each other's entity in a circle"
        raise ValueError(msg)
    return end
