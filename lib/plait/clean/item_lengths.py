"""The lengths of items as a small table that travels to the kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from plait.clean.hashed_ids import find_hashed, hash_ids


@dataclass(frozen=True, eq=False)
class ItemLengths:
    """The lengths of N items: 12 bytes an item, sorted by the hash of the item id.

    Attributes:
        hashes: uint64 [N].
        seconds: above 0, float32 [N].
    """

    hashes: npt.NDArray[np.uint64]
    seconds: npt.NDArray[np.float32]

    @classmethod
    def of(cls, items: pl.DataFrame) -> ItemLengths:
        """Returns the lengths of the `items` that have one.

        Args:
            items: item and length_s.
        """
        known = items.filter(pl.col("length_s") > 0)
        known = known.select("length_s", hash=pl.Series(hash_ids(known["item"])))
        known = known.sort("hash", "length_s").unique("hash", keep="first", maintain_order=True)
        return cls(known["hash"].to_numpy(), known["length_s"].to_numpy().astype(np.float32))

    def __len__(self) -> int:
        return len(self.hashes)

    def find(self, ids: pl.Series) -> pl.Series:
        """Returns the length of each item in `ids`, in seconds; null where it is not known."""
        places, there = find_hashed(self.hashes, ids)
        found = pl.Series("length", self.seconds[places].astype(np.float64))
        return found.to_frame().select(pl.when(there).then("length")).to_series()
