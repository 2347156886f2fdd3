"""A platform's catalogue as raw text columns."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from plait.config.platform_settings import CatalogueSettings
from plait.sources.find_files import SourceFile
from plait.sources.read_chunks import FAULT_COLUMN, read_chunks

CATALOGUE_FIELDS = (
    "item", "title", "categories", "brand", "price", "currency", "tags", "vector", "published",
)  # fmt: skip


def read_catalogue(file: SourceFile, catalogue: CatalogueSettings) -> Iterator[pl.DataFrame]:
    """Yields `row`, every catalogue field as text (null where unmapped) and `fault`."""
    fields = {k: v for k, v in catalogue.columns.model_dump().items() if v is not None}
    keys = {f"columns.{field}": column for field, column in fields.items()}
    for batch in read_chunks(file, fields, keys):
        yield batch.select(
            "row",
            *(
                pl.col(name) if name in fields else pl.lit(None, pl.String).alias(name)
                for name in CATALOGUE_FIELDS
            ),
            FAULT_COLUMN,
        )
