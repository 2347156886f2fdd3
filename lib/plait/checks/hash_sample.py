"""Counts repeats of ids in bounded memory, by a sample of the ids that the ids themselves draw."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

MAX_HASHES = 1_000_000
_SCHEMA = {"hash": pl.UInt64(), "n": pl.Int64()}


@dataclass(frozen=True)
class HashSample:
    """Ids whose hash is a multiple of 2^bits, and how often each occurs.

    An id is in the sample of every part of a log or in none, so samples can be merged.
    """

    bits: int = 0
    hashes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_SCHEMA))

    @classmethod
    def of(cls, ids: pl.DataFrame) -> HashSample:
        """Returns the sample of the rows of `ids`; equal rows are one id."""
        hashes = ids.hash_rows(seed=0).alias("hash")
        return cls(0, _count(hashes.to_frame().with_columns(n=pl.lit(1, pl.Int64))))._bounded()

    def merge(self, other: HashSample) -> HashSample:
        """Returns the sample of both."""
        bits = max(self.bits, other.bits)
        both = [_thinned(sample.hashes, bits) for sample in (self, other)]
        return HashSample(bits, _count(pl.concat(both)))._bounded()

    @property
    def repeat_share(self) -> float:
        """The share of rows (0 to 1) that repeat an earlier one; exact if bits is 0."""
        rows = int(self.hashes["n"].sum())
        return 1 - self.hashes.height / rows if rows else 0.0

    def _bounded(self) -> HashSample:
        bits, hashes = self.bits, self.hashes
        while hashes.height > MAX_HASHES:
            bits += 1
            hashes = _thinned(hashes, bits)
        return HashSample(bits, hashes)


def _count(hashes: pl.DataFrame) -> pl.DataFrame:
    return hashes.group_by("hash").agg(pl.col("n").sum())


def _thinned(hashes: pl.DataFrame, bits: int) -> pl.DataFrame:
    return hashes.filter(pl.col("hash") % 2**bits == 0) if bits else hashes
