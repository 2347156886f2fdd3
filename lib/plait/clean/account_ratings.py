"""The sums of accounts' ratings as a small table, for events that come after them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from plait.clean.hashed_ids import find_hashed, hash_ids


@dataclass(frozen=True, eq=False)
class AccountRatings:
    """The ratings of N accounts of one platform: 16 bytes an account, sorted by its hash.

    Attributes:
        hashes: uint64 [N].
        sums: the sum of the places on the rating scale (0 to 1), float32 [N].
        counts: the number of ratings, uint32 [N].
    """

    hashes: npt.NDArray[np.uint64]
    sums: npt.NDArray[np.float32]
    counts: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, rated: pl.DataFrame) -> AccountRatings:
        """Returns the sums of `rated`: account and place, one row per rating."""
        known = rated.group_by("account").agg(pl.col("place").sum(), pl.len())
        known = known.with_columns(hash=pl.Series(hash_ids(known["account"]))).sort("hash")
        return cls(
            known["hash"].to_numpy(),
            known["place"].to_numpy().astype(np.float32),
            known["len"].to_numpy().astype(np.uint32),
        )

    def __len__(self) -> int:
        return len(self.hashes)

    def find(self, accounts: pl.Series) -> pl.DataFrame:
        """Returns the sum and the count of each account in `accounts`; 0 for one without."""
        if not len(self):
            none = pl.zeros(len(accounts), pl.Float64, eager=True)
            return pl.DataFrame({"sum": none, "count": none})
        places, there = find_hashed(self.hashes, accounts)
        found = pl.DataFrame(
            {
                "sum": self.sums[places].astype(np.float64),
                "count": self.counts[places].astype(np.float64),
            }
        )
        return found.select(pl.when(there).then(pl.all()).otherwise(0.0))
