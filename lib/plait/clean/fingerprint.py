"""Hashes of text: 128-bit fingerprints as 32 hexadecimal characters, and 64-bit numbers."""

from __future__ import annotations

import numpy as np
import polars as pl
import polars_hash  # noqa: F401 - registers the `nchash` namespace
import pyarrow as pa

# Four hexadecimal characters for each of the 65,536 pairs of bytes.
_HEX = np.array([f"{low:02x}{high:02x}".encode() for high in range(256) for low in range(256)])
_HEX = _HEX.astype("S4").view(np.uint32)


def fingerprint(text: pl.Series) -> pl.Series:
    """Returns the XXH3-128 of each value as 32 hexadecimal characters; null hashes as ''."""
    frame = text.alias("text").to_frame()
    hashed = pl.col("text").fill_null("").nchash.xxh3_128()  # type: ignore[attr-defined]
    halves = frame.select(hash=hashed).select(
        high=(pl.col("hash") // 2**64).cast(pl.UInt64),
        low=(pl.col("hash") % 2**64).cast(pl.UInt64),
    )
    return _hexadecimal(halves["high"].to_numpy(), halves["low"].to_numpy()).alias(text.name)


def hash_column(name: str) -> pl.Expr:
    """Returns the XXH3-64 of the text in column `name`."""
    hashed: pl.Expr = pl.col(name).nchash.xxh3_64()  # type: ignore[attr-defined]
    return hashed


def _hexadecimal(high: np.ndarray, low: np.ndarray) -> pl.Series:
    count = len(high)
    pairs = np.stack([high, low], axis=1).astype(">u8").view("<u2")
    offsets = np.arange(count + 1, dtype=np.int64) * 32
    array = pa.LargeStringArray.from_buffers(
        count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(_HEX[pairs]))
    )
    return pl.Series(values=array)
