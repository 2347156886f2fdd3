"""A part of the feedback log: rows of many objects, each row naming where it came from.

So a part needs nothing beside it to tell which of its rows a store version has read, whatever
that version called them: by the object they were written in, or by a part of before that this
one was made of.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from plait.errors import UnreadableFile
from plait.store.feedback.object_names import compaction_of
from plait.store.objects import Objects, address_of, read_object

OBJECT, PARTS = "log_object", "log_parts"  # columns of a part: its object, and parts of before
_FROM = {OBJECT: pl.String(), PARTS: pl.List(pl.String())}


@dataclass(frozen=True)
class Origin:
    """An object some of whose rows a part holds, and the parts that held them before."""

    object: str
    parts: tuple[str, ...]

    def is_among(self, known: Collection[str]) -> bool:
        """Whether its rows were read by who has read `known`."""
        return self.object in known or any(part in known for part in self.parts)


def read_rows(objects: Objects, path: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Returns the rows of the object or part at `path`, with where each came from.

    Raises:
        FileNotFoundError: it is gone.
        UnreadableFile: it is no Parquet file.
        StoreError: the store cannot be read.
    """
    body = read_object(objects, path)
    try:
        rows = pl.read_parquet(io.BytesIO(body), columns=list(columns) if columns else None)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnreadableFile(
            f"'{path}' in the store '{address_of(objects)}' cannot be read "
            f"({str(error).splitlines()[0]}).",
            allowed="The feedback log holds Parquet files that `plait serve` writes.",
            fix=f"Restore it, or move it out of {path.rsplit('/', 1)[0]}/.",
        ) from None
    if compaction_of(path) is not None:
        return rows
    return rows.with_columns(
        pl.lit(path).alias(OBJECT), pl.lit([], dtype=_FROM[PARTS]).alias(PARTS)
    )


def read_origins(objects: Objects, path: str) -> list[Origin]:
    """Returns the origins of a part's rows."""
    pairs = read_rows(objects, path, [OBJECT, PARTS]).unique(maintain_order=True)
    return [Origin(name, tuple(parts)) for name, parts in pairs.iter_rows()]


def as_member(rows: pl.DataFrame, path: str) -> pl.DataFrame:
    """Returns `rows` of the object or part at `path` as the part that takes them in writes them."""
    if compaction_of(path) is None:
        return rows
    return rows.with_columns(pl.col(PARTS).list.concat(pl.lit([path], dtype=_FROM[PARTS])))


def write_rows(rows: pl.DataFrame) -> bytes:
    """Returns the body of a part."""
    body = io.BytesIO()
    rows.write_parquet(body, compression="zstd")
    return body.getvalue()
