"""Erasures: which ids were erased, known only by one-way hashes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import polars as pl
import polars_hash  # noqa: F401 - registers the `chash` and `nchash` namespaces

from plait.contracts.event_rows import FEEDBACK_ERASURES
from plait.contracts.table_schema import conform_rows
from plait.privacy.pseudonym import HASH_CHARACTERS

_DOMAIN = "plait erased"


def erased_hash(ids: pl.Expr) -> pl.Expr:
    """Returns the hash by which an erasure names each id: 64 hexadecimal characters; null: null.

    It needs no key: a pseudonym is an HMAC of 128 bits, so nobody can try all of them.
    """
    hashed: pl.Expr = pl.concat_str(pl.lit(_DOMAIN), ids, separator="\0").chash.sha2_256()  # type: ignore[attr-defined]
    return hashed


def erased_mark(ids: pl.Expr) -> pl.Expr:
    """Returns the SHA-1 by which live state finds an erased id: 40 hexadecimal characters."""
    hashed: pl.Expr = pl.concat_str(pl.lit(_DOMAIN), ids, separator="\0").nchash.sha1()  # type: ignore[attr-defined]
    return hashed


def person_after(account: pl.Expr, receipt: pl.Expr) -> pl.Expr:
    """Returns the person id that is made from `account` after an erasure with `receipt`.

    It differs from the id that was erased, and nobody can compute one from the other without the
    pseudonym.
    """
    hashed: pl.Expr = pl.concat_str(receipt, account, separator="\0").nchash.sha1()  # type: ignore[attr-defined]
    return pl.concat_str(pl.lit("p_"), hashed.str.slice(0, HASH_CHARACTERS))


def erasure_rows(
    ids: Mapping[str, str | None] | Iterable[tuple[str, str | None]], receipt: str, now: datetime
) -> pl.DataFrame:
    """Returns FEEDBACK_ERASURES rows of one erasure.

    Args:
        ids: the accounts (pseudonyms) with their platforms, and person ids with null.
        receipt: the id of the receipt.
        now: the time up to which all is erased.
    """
    frame = pl.DataFrame(
        list(dict(ids).items()), {"id": pl.String, "platform": pl.String}, orient="row"
    )
    rows = frame.with_columns(
        erased=erased_hash(pl.col("id")),
        mark=erased_mark(pl.col("id")),
        time=pl.lit(now).dt.convert_time_zone("UTC"),
        receipt=pl.lit(receipt),
    )
    return conform_rows(rows.drop("id"), FEEDBACK_ERASURES)


@dataclass(frozen=True)
class Erasures:
    """A set of erasures.

    Attributes:
        rows: FEEDBACK_ERASURES rows.
    """

    rows: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FEEDBACK_ERASURES))

    def __bool__(self) -> bool:
        """Whether anything was erased."""
        return self.rows.height > 0

    @cached_property
    def _last(self) -> pl.DataFrame:
        """erased, until, receipt: the last erasure of each id."""
        ordered = self.rows.sort("time").group_by("erased").agg(pl.col("time", "receipt").last())
        return ordered.select("erased", "receipt", until="time")

    def find(self, ids: pl.Series) -> pl.DataFrame:
        """Returns id, until, receipt of the distinct `ids` that were erased.

        What `id` did up to `until` (UTC) is erased; the receipt is that of its last erasure.
        """
        distinct = ids.cast(pl.String).alias("id").to_frame().lazy()
        if not self:
            distinct = distinct.head(0)
        hashed = distinct.unique().drop_nulls().with_columns(erased=erased_hash(pl.col("id")))
        found = hashed.join(self._last.lazy(), on="erased").select("id", "until", "receipt")
        return found.sort("id").collect()

    def covers(self, ids: pl.Series, times: pl.Series | None = None) -> pl.Series:
        """Returns for each of `ids` whether what it did at its time is erased.

        Args:
            ids: ids; a null is not erased.
            times: the time of each, UTC. A null is before every erasure; so is everything without
                `times`.
        """
        found = self.find(ids)
        if not found.height:
            return pl.Series("erased", [False], pl.Boolean).new_from_index(0, len(ids))
        when = pl.lit(None, pl.Datetime("us", "UTC")) if times is None else times.alias("when")
        rows = ids.cast(pl.String).alias("id").to_frame().with_columns(when=when)
        return (
            rows.join(found, on="id", how="left", maintain_order="left")
            .select(
                erased=pl.col("until").is_not_null()
                & (pl.col("when").is_null() | (pl.col("when") <= pl.col("until")))
            )
            .to_series()
        )
