"""Which items and platforms a model knows, and their places in its tensors."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

VOCABULARY_FILE = "vocabulary.parquet"


class Vocabulary:
    """Items numbered from 1, platform by platform; 0 stands for none.

    Args:
        platforms: names in the order of their codes 0, 1, ...
        items: columns item (platform:id) and platform, one row an item, in the order of their
            indices 1, 2, ...
    """

    def __init__(self, platforms: tuple[str, ...], items: pl.DataFrame) -> None:
        self.platforms = platforms
        self.items = items.select(
            pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias("index"),
            pl.col("item").cast(pl.String),
            pl.col("platform").cast(pl.String),
        )

    @classmethod
    def build(cls, platforms: tuple[str, ...], items: pl.DataFrame) -> Vocabulary:
        """Returns the vocabulary of the distinct (item, platform) rows of `items`."""
        known = (
            items.select("item", "platform").unique().filter(pl.col("platform").is_in(platforms))
        )
        place = {name: code for code, name in enumerate(platforms)}
        order = pl.col("platform").replace_strict(place, return_dtype=pl.Int32)
        return cls(platforms, known.sort(order, "item"))

    def __len__(self) -> int:
        """Rows an embedding table needs: every item and the empty one."""
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

    def name(self, indices: np.ndarray) -> pl.Series:
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
        """Writes the vocabulary into `folder`; platforms travel in the model's config."""
        self.items.write_parquet(folder / VOCABULARY_FILE)

    @classmethod
    def load(cls, folder: Path, platforms: tuple[str, ...]) -> Vocabulary:
        """Returns the vocabulary written into `folder`."""
        return cls(
            platforms,
            pl.read_parquet(folder / VOCABULARY_FILE, glob=False, hive_partitioning=False).sort(
                "index"
            ),
        )
