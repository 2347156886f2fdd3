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
from plait.store.feedback.log_paths import compaction_number
from plait.store.store_objects import ObjectStore, address_of, read_object

LOG_OBJECT, LOG_PARTS = (
    "log_object",
    "log_parts",
)  # columns of a part: its object, and parts of before
_FROM = {LOG_OBJECT: pl.String(), LOG_PARTS: pl.List(pl.String())}


@dataclass(frozen=True)
class RowOrigin:
    """An object some of whose rows a part holds, and the parts that held them before."""

    object: str
    parts: tuple[str, ...]

    def was_read_in(self, known: Collection[str]) -> bool:
        """Whether its rows were read by who has read `known`."""
        return self.object in known or any(part in known for part in self.parts)


def read_rows(
    objects: ObjectStore, path: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
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
    if compaction_number(path) is not None:
        return rows
    return rows.with_columns(
        pl.lit(path).alias(LOG_OBJECT), pl.lit([], dtype=_FROM[LOG_PARTS]).alias(LOG_PARTS)
    )


def read_origins(objects: ObjectStore, path: str) -> list[RowOrigin]:
    """Returns the origins of a part's rows."""
    pairs = read_rows(objects, path, [LOG_OBJECT, LOG_PARTS]).unique(maintain_order=True)
    return [RowOrigin(name, tuple(parts)) for name, parts in pairs.iter_rows()]


def add_origin(rows: pl.DataFrame, path: str) -> pl.DataFrame:
    """Returns `rows` of the object or part at `path` as the part that takes them in writes them."""
    if compaction_number(path) is None:
        return rows
    return rows.with_columns(pl.col(LOG_PARTS).list.concat(pl.lit([path], dtype=_FROM[LOG_PARTS])))


def write_rows(rows: pl.DataFrame) -> bytes:
    """Returns the body of a part."""
    body = io.BytesIO()
    rows.write_parquet(body, compression="zstd")
    return body.getvalue()
