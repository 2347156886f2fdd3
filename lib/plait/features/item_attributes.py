"""What catalogues say about items, as arrays in the order of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from plait.features.vocabulary import Vocabulary

MAX_TOKENS_PER_ITEM = 24  # attributes of one item that are read
MAX_TOKENS = 50_000  # attributes kept, the most frequent first


@dataclass(frozen=True, eq=False)
class ItemAttributes:
    """Item attributes; row 0 is the empty item. A missing part is None.

    Attributes:
        tokens: attribute numbers from 1, 0 is padding, int32 [items, L].
        names: the attribute behind each number, such as "brand:acme"; names[0] is "".
        vectors: content embeddings of unit length, zero where missing, float32 [items, V].
        price: place among the platform's prices, 0 to 1, -1 where missing, float32 [items].
        published: UTC microseconds, -1 where missing, int64 [items].
    """

    tokens: np.ndarray | None = None
    names: tuple[str, ...] = ()
    vectors: np.ndarray | None = None
    price: np.ndarray | None = None
    published: np.ndarray | None = None


def read_item_attributes(items: pl.DataFrame, vocabulary: Vocabulary) -> ItemAttributes:
    """Returns what the ITEMS rows say about the items of the vocabulary."""
    known = vocabulary.items.select("index", "item", "platform").join(
        items.drop("platform"), on="item", how="left", maintain_order="left"
    )
    tokens, names = _tokens(known, len(vocabulary))
    return ItemAttributes(
        tokens, names, _vectors(known), _price_ranks(known, len(vocabulary)), _published(known)
    )


def _tokens(known: pl.DataFrame, rows: int) -> tuple[np.ndarray | None, tuple[str, ...]]:
    words = pl.col("title").str.to_lowercase().str.extract_all(r"[\p{L}\p{N}]{2,}")
    parts = {
        "category": pl.col("categories"),
        "brand": pl.concat_list("brand"),
        "tag": pl.col("tags"),
        "title": words,
    }
    long = pl.concat(
        known.select(
            "index", pl.lit(kind).alias("kind"), part.cast(pl.List(pl.String)).alias("text")
        )
        .explode("text")
        .drop_nulls("text")
        for kind, part in parts.items()
    ).unique(maintain_order=True)
    # An attribute of one item says nothing that the item's own embedding cannot.
    named = long.with_columns(pl.concat_str("kind", pl.lit(":"), "text").alias("name"))
    kept = (
        named.group_by("name").len().filter(pl.col("len") > 1)
        .sort(["len", "name"], descending=[True, False]).head(MAX_TOKENS)
        .with_row_index("token", offset=1)
    )  # fmt: skip
    if not kept.height:
        return None, ()
    placed = (
        named.join(kept.select("name", "token"), on="name", maintain_order="left")
        .with_columns(pl.int_range(pl.len()).over("index").alias("place"))
        .filter(pl.col("place") < MAX_TOKENS_PER_ITEM)
    )
    width = int(placed["place"].max()) + 1  # type: ignore[arg-type]
    tokens = np.zeros((rows, width), np.int32)
    tokens[placed["index"].to_numpy(), placed["place"].to_numpy()] = placed["token"].to_numpy()
    return tokens, ("", *kept["name"].to_list())


def _vectors(known: pl.DataFrame) -> np.ndarray | None:
    sizes = known["vector"].list.len()
    usual = sizes.drop_nulls().mode()
    if not usual.len() or not usual[0]:
        return None
    size = int(usual.max())  # type: ignore[arg-type]
    vectors = np.zeros((known.height + 1, size), np.float32)
    fits = (sizes == size).fill_null(False)
    flat = known.filter(fits)["vector"].explode().fill_null(0.0).to_numpy()
    rows = np.flatnonzero(fits.to_numpy()) + 1
    vectors[rows] = np.nan_to_num(flat.reshape(-1, size))
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: np.ndarray = vectors / np.maximum(norm, 1e-12)
    return unit


def _price_ranks(known: pl.DataFrame, rows: int) -> np.ndarray | None:
    """Ranks prices inside a platform and currency, which needs no exchange rates."""
    price = pl.col("price").filter(pl.col("price") > 0)
    valid = known.filter(pl.col("price") > 0)
    if not valid.height:
        return None
    group = ["platform", pl.col("currency").fill_null("")]
    ranked = valid.select(
        "index", ((price.rank("average") - 0.5) / pl.len()).over(group).alias("rank")
    )
    out = np.full(rows, -1, np.float32)
    out[ranked["index"].to_numpy()] = ranked["rank"].to_numpy()
    return out


def _published(known: pl.DataFrame) -> np.ndarray | None:
    if not known["published"].count():
        return None
    times = known["published"].dt.epoch("us").fill_null(-1).to_numpy()
    return np.concatenate([np.array([-1], np.int64), times])
