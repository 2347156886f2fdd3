"""The items and platforms that a model knows, and their indices in its tensors."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

VOCABULARY_FILE = "vocabulary.parquet"


class Vocabulary:
    """Listings with indices from 1, and the entity of each; index 0 means "no item".

    A vocabulary is append-only: an item never changes its index. `append` adds a block after all
    others. A block is ordered by platform. So each platform is contiguous in each block, and the
    indices of a platform's earlier items stay first in `platform_items`. The entity of an index is
    the row of the embedding table that it uses. Several listings may share the row of one of
    them, which is their entity.

    Args:
        platforms: names in the order of their codes 0, 1, ...
        items: columns item (platform:id) and platform, one row per item, in the order of their
            indices 1, 2, ...
        entity: see below; default: every item is its own entity.
        block_ends: see below; default: one block.

    Attributes:
        entity: index of the item whose embedding each index uses, int32 [len(self)].
        block_ends: one more than the last index of each block, ascending; index 0 is in the
            first block.

    Raises:
        ValueError: an entity is not an item or has another entity, or the blocks do not cover
            the items.
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
            msg = "an item's entity is not one of the items"
            raise ValueError(msg)
        if not np.array_equal(self.entity[self.entity], self.entity):
            msg = "an item's entity uses the embedding of another"
            raise ValueError(msg)
        if self.block_ends[-1] != len(self) or (np.diff([0, *self.block_ends]) <= 0).any():
            msg = "the blocks do not cover the items"
            raise ValueError(msg)

    @classmethod
    def build(cls, platforms: tuple[str, ...], items: pl.DataFrame) -> Vocabulary:
        """Returns the vocabulary of `items` as one block, see `append`."""
        return cls(
            platforms, pl.DataFrame(schema={"item": pl.String, "platform": pl.String})
        ).append(items)

    def append(self, items: pl.DataFrame) -> Vocabulary:
        """Returns this vocabulary followed by the (item, platform) rows of `items` that it lacks.

        Rows of other platforms are left out. The order of rows and duplicates do not matter. If
        nothing is new, it returns this vocabulary itself.

        Args:
            items: columns item and platform, and optionally entity: the item whose embedding
                each item uses. Null or an unknown entity means the item's own embedding. An
                entity that names another entity stands for that one.

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
        named_entity = after.index(new["entity"])
        entity[len(self) :] = np.where(named_entity > 0, named_entity, entity[len(self) :])
        return Vocabulary(self.platforms, every, _resolve_entities(entity), ends)

    def __len__(self) -> int:
        """Number of items plus one for index 0: the rows of a table with one row per index."""
        return self.items.height + 1

    def index(self, items: pl.Series) -> np.ndarray:
        """Returns the index of each item id, 0 for unknown ones; int32 [N].

        The lookup is by hash in a sorted array. So its cost depends on the number of `items`, and
        a request does not rebuild a hash table of the whole vocabulary.
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
        """Returns `platform_items` split into blocks, without empty ones; at least one part."""
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
        """Writes the vocabulary into `folder`; the platforms are in the model's config instead.

        The columns entity and block are written only if they differ from their defaults.
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
        """Returns the vocabulary saved in `folder`.

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
