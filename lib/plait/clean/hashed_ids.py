"""Finds ids in a small sorted table of their hashes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from plait.clean.fingerprint import hash_column

Hashes = npt.NDArray[np.uint64]


def hash_ids(ids: pl.Series) -> Hashes:
    """Returns the XXH3-64 of each id, 0 for null; uint64 [N]."""
    column = ids.alias("id").to_frame()
    hashed: Hashes = column.select(hash_column("id").fill_null(0)).to_series().to_numpy()
    return hashed


def find_hashed(hashes: Hashes, ids: pl.Series) -> tuple[npt.NDArray[np.int64], pl.Series]:
    """Returns the place in `hashes` of each id, [N], and whether it is there, [N] booleans.

    Args:
        hashes: sorted, not empty.
        ids: text; nulls are not found.
    """
    wanted = hash_ids(ids)
    places = np.minimum(np.searchsorted(hashes, wanted), len(hashes) - 1)
    return places, pl.Series(hashes[places] == wanted) & ids.is_not_null()
