"""Hashes of text: 128-bit fingerprints as 32 hexadecimal characters, and 64-bit numbers."""

from __future__ import annotations

import numpy as np
import polars as pl
import polars_hash  # noqa: F401 - registers the `nchash` namespace
import pyarrow as pa

# Four hexadecimal characters for each of the 65,536 pairs of bytes.
_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_BYTES = np.stack(np.broadcast_arrays(_DIGITS[:, None], _DIGITS), axis=-1).reshape(256, 2)
_HEX = np.concatenate([np.tile(_BYTES, (256, 1)), np.repeat(_BYTES, 256, axis=0)], axis=1)
_HEX = _HEX.copy().view(np.uint32)[:, 0]


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
