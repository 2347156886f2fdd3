"""Makes one row of the several rows that list an item; the order of rows does not matter."""

from __future__ import annotations

import polars as pl

from plait.clean.fingerprint import fingerprint

LISTED_COLUMNS = (
    "item", "platform", "title", "categories", "brand", "price", "currency", "tags", "vector",
    "published", "length_s",
)  # fmt: skip


def keep_fullest(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns the row with the most fields set of each item; ties are broken by content."""
    if rows["item"].n_unique() == rows.height:
        return rows
    filled = pl.sum_horizontal(pl.col(name).is_not_null() for name in LISTED_COLUMNS)
    more = ["length_s"] if rows["length_s"].count() else []  # so it does not decide where absent
    order = rows.with_columns(__filled=filled, __content=_content(rows, more))
    best = order.sort(["__filled", "__content"], descending=[True, False])
    return best.unique("item", keep="first", maintain_order=True).drop("__filled", "__content")


def merge_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns one row per item: of each field the value of the newest row that has one.

    Rows of one time are ordered by content. `published` is the oldest time. `n` is the position of
    the row that has the price, or else of the first.

    Args:
        rows: LISTED_COLUMNS and n.
    """
    order = ["published", "__content"]
    sorted_rows = rows.with_columns(__content=_content(rows, ["length_s"])).sort(
        order, descending=[True, False], nulls_last=True
    )
    fields = [name for name in LISTED_COLUMNS if name not in ("item", "published")]
    priced = pl.col("n").filter(pl.col("price").is_not_null()).first()
    merged = sorted_rows.group_by("item", maintain_order=True).agg(
        *(pl.col(name).drop_nulls().first() for name in fields),
        pl.col("published").min(),
        pl.coalesce(priced, pl.col("n").first()).alias("n"),
    )
    return merged.select(rows.columns)


def _content(rows: pl.DataFrame, more: list[str]) -> pl.Series:
    """Returns the fingerprint of what each row says."""
    content = rows.select(
        pl.struct(pl.col(n).exclude("vector") for n in ("title", "categories", "brand", "price",
                  "currency", "tags", "published", *more)).struct.json_encode()
    ).to_series()  # fmt: skip
    return fingerprint(content)
