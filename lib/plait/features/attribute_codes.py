"""How a model encodes a catalogue: the code of each attribute, and the reference prices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

MAX_TOKENS_PER_ITEM = 24  # attributes of one item that are read
MAX_TOKENS = 50_000  # attributes kept, the most frequent first
ATTRIBUTE_FILE, PRICE_FILE = "attributes.parquet", "prices.parquet"
_GROUP = ["platform", "currency"]  # comparing prices inside one needs no exchange rates


@dataclass(frozen=True, eq=False)
class AttributeCodes:
    """Attribute codes and prices learned in training, so that later items are encoded alike.

    Attributes:
        names: the attribute of each code, such as "brand:acme"; names[0] is "". Empty if no
            attribute was kept.
        prices: columns platform, currency, price and count, the number of items with that
            price; prices ascend.
    """

    names: tuple[str, ...]
    prices: pl.DataFrame

    @classmethod
    def learn(cls, items: pl.DataFrame) -> AttributeCodes:
        """Returns the codes of catalogue rows `items`."""
        # An attribute of only one item adds nothing to the item's own embedding.
        kept = (
            _named_attributes(items).group_by("name").len().filter(pl.col("len") > 1)
            .sort(["len", "name"], descending=[True, False]).head(MAX_TOKENS)
        )  # fmt: skip
        prices = _priced(items).group_by(*_GROUP, "price").agg(pl.len().alias("count"))
        names = ("", *kept["name"].to_list()) if kept.height else ()
        return cls(names, prices.sort(*_GROUP, "price"))

    def tokens(self, items: pl.DataFrame, width: int = MAX_TOKENS_PER_ITEM) -> pl.DataFrame:
        """Returns columns index, place (0 to `width` - 1) and token of the known attributes."""
        codes = pl.DataFrame({"name": self.names[1:]}, schema={"name": pl.String})
        return (
            _named_attributes(items)
            .join(codes.with_row_index("token", offset=1), on="name", maintain_order="left")
            .with_columns(pl.int_range(pl.len()).over("index").alias("place"))
            .filter(pl.col("place") < width)
            .select("index", "place", "token")
        )

    def price_ranks(self, items: pl.DataFrame) -> pl.DataFrame:
        """Returns columns index and rank: the share of training items that cost less, 0 to 1.

        Items of the same price count half. Items whose platform and currency had no price in
        training are left out.
        """
        ladder = self.prices.with_columns(
            pl.col("count").cum_sum().over(_GROUP).alias("upto"),
            pl.col("count").sum().over(_GROUP).alias("all"),
            pl.col("price").alias("step"),
        )
        priced = _priced(items).sort("price")
        # The rows are sorted, but Polars cannot check that within groups and would warn.
        found = priced.join_asof(
            ladder.sort("price"), on="price", by=_GROUP, check_sortedness=False
        ).join(ladder.group_by(_GROUP).agg(pl.first("all").alias("total")), on=_GROUP)
        level = pl.when(pl.col("step") == pl.col("price")).then(pl.col("count")).otherwise(0)
        below = pl.col("upto").fill_null(0) - level / 2
        return found.select("index", (below / pl.col("total")).alias("rank"))

    def save(self, folder: Path) -> None:
        """Writes the codes into `folder`."""
        pl.DataFrame({"name": self.names}, schema={"name": pl.String}).write_parquet(
            folder / ATTRIBUTE_FILE
        )
        self.prices.write_parquet(folder / PRICE_FILE)

    @classmethod
    def load(cls, folder: Path) -> AttributeCodes | None:
        """Returns the codes saved in `folder`; None if the model has none."""
        files = [folder / name for name in (ATTRIBUTE_FILE, PRICE_FILE)]
        if not any(file.exists() for file in files):
            return None
        names, prices = (pl.read_parquet(f, glob=False, hive_partitioning=False) for f in files)
        return cls(tuple(names["name"].to_list()), prices)


def _named_attributes(items: pl.DataFrame) -> pl.DataFrame:
    """Returns columns index and name of all attributes of `items`, each once per item."""
    words = pl.col("title").str.to_lowercase().str.extract_all(r"[\p{L}\p{N}]{2,}")
    parts = {
        "category": pl.col("categories"),
        "brand": pl.concat_list("brand"),
        "tag": pl.col("tags"),
        "title": words,
    }
    long = pl.concat(
        items.select(
            "index", pl.lit(kind).alias("kind"), part.cast(pl.List(pl.String)).alias("text")
        )
        .explode("text")
        .drop_nulls("text")
        for kind, part in parts.items()
    ).unique(maintain_order=True)
    return long.select("index", pl.concat_str("kind", pl.lit(":"), "text").alias("name"))


def _priced(items: pl.DataFrame) -> pl.DataFrame:
    """Returns columns index, platform, currency and price of the items that have a price."""
    return items.filter(pl.col("price") > 0).select(
        "index", "platform", pl.col("currency").fill_null(""), "price"
    )
