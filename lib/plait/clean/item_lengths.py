"""The lengths of items as a small table that travels to the kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from plait.clean.fingerprint import hash_column


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
        known = items.filter(pl.col("length_s") > 0).select(hash_column("item"), "length_s")
        known = known.sort("item", "length_s").unique("item", keep="first", maintain_order=True)
        return cls(known["item"].to_numpy(), known["length_s"].to_numpy().astype(np.float32))

    def __len__(self) -> int:
        return len(self.hashes)

    def find(self, ids: pl.Series) -> pl.Series:
        """Returns the length of each item in `ids`, in seconds; null where it is not known."""
        hashed = ids.alias("item").to_frame().select(hash_column("item").fill_null(0))["item"]
        places = np.searchsorted(self.hashes, hashed.to_numpy())
        places = np.minimum(places, len(self) - 1)
        found = pl.Series("length", self.seconds[places].astype(np.float64))
        same = pl.Series(self.hashes[places] == hashed.to_numpy()) & ids.is_not_null()
        return found.to_frame().select(pl.when(same).then("length")).to_series()
