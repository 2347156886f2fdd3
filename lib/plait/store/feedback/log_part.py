"""A part of the feedback log: rows of many objects, each with its origin.

The origin of a row is the object that it was written to, and the earlier parts that contained it.
So the part itself suffices to tell which of its rows a store version has read, whether the version
recorded the object or an earlier part.
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
)  # columns of a part: the object of the row, and the earlier parts that contained it
_FROM = {LOG_OBJECT: pl.String(), LOG_PARTS: pl.List(pl.String())}


@dataclass(frozen=True)
class RowOrigin:
    """An object with rows in a part, and the earlier parts that contained these rows."""

    object: str
    parts: tuple[str, ...]

    def was_read_in(self, known: Collection[str]) -> bool:
        """Whether a reader of the paths `known` has read these rows."""
        return self.object in known or any(part in known for part in self.parts)


def read_rows(
    objects: ObjectStore, path: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Returns the rows of the object or part at `path`, with their origins.

    Raises:
        FileNotFoundError: the path does not exist.
        UnreadableFile: it is not a Parquet file.
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
    """Returns the distinct origins of the rows of a part."""
    pairs = read_rows(objects, path, [LOG_OBJECT, LOG_PARTS]).unique(maintain_order=True)
    return [RowOrigin(name, tuple(parts)) for name, parts in pairs.iter_rows()]


def origins_of(rows: pl.DataFrame) -> set[str]:
    """Returns the objects and parts that `rows` of a part were read from."""
    found = set(rows[LOG_OBJECT].unique())
    return found | set(rows[LOG_PARTS].explode(empty_as_null=True).drop_nulls().unique())


def add_origin(rows: pl.DataFrame, path: str) -> pl.DataFrame:
    """Returns `rows` of the object or part at `path` as they are written to a new part."""
    if compaction_number(path) is None:
        return rows
    return rows.with_columns(pl.col(LOG_PARTS).list.concat(pl.lit([path], dtype=_FROM[LOG_PARTS])))


def write_rows(rows: pl.DataFrame) -> bytes:
    """Returns the body of a part with `rows`."""
    body = io.BytesIO()
    rows.write_parquet(body, compression="zstd")
    return body.getvalue()
