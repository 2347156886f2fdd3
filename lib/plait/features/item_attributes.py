"""Attributes of items from catalogues, as arrays in the order of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from plait.features.attribute_codes import AttributeCodes
from plait.features.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class ItemAttributes:
    """Item attributes; row 0 is the empty item. A part that no item has is None.

    Attributes:
        tokens: attribute codes from 1, 0 is padding, int32 [items, L].
        vectors: content embeddings of unit length, zero where missing, float32 [items, V].
        price: rank among the platform's prices, 0 to 1, -1 where missing, float32 [items].
        published: UTC microseconds, -1 where missing, int64 [items].
        codes: the meaning of the tokens and price ranks.
    """

    tokens: np.ndarray | None
    vectors: np.ndarray | None
    price: np.ndarray | None
    published: np.ndarray | None
    codes: AttributeCodes


def read_item_attributes(items: pl.DataFrame, vocabulary: Vocabulary) -> ItemAttributes:
    """Returns the attributes of the vocabulary's items from ITEMS rows; learns the codes."""
    known = _catalogue_rows(items, vocabulary.items)
    codes = AttributeCodes.learn(known)
    tokens = codes.tokens(known) if codes.names else None
    width = 0 if tokens is None else int(tokens["place"].max()) + 1  # type: ignore[arg-type]
    sizes = known["vector"].list.len().drop_nulls().mode()
    size = int(sizes.max()) if sizes.len() else 0  # type: ignore[arg-type]
    return ItemAttributes(
        None if tokens is None else _tokens(tokens, known.height, width),
        _vectors(known, size) if size else None,
        _price_ranks(known, codes) if codes.prices.height else None,
        _published(known) if known["published"].count() else None,
        codes,
    )


def read_appended_items(
    items: pl.DataFrame,
    appended: pl.DataFrame,
    codes: AttributeCodes,
    token_width: int,
    vector: int,
) -> ItemAttributes:
    """Returns the attributes of items that were not in training, from ITEMS rows.

    Args:
        items: ITEMS rows. If an item has several, the first one is read.
        appended: n rows of a vocabulary's `items`; they are the result's rows from 1 on.
        codes: codes learned in training; attributes without a code are left out.
        token_width: attributes read per item; `tokens` is [n + 1, token_width].
        vector: size of content embeddings; `vectors` is [n + 1, vector]. 0: none are read. An
            embedding of another size counts as missing.
    """
    numbered = appended.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias("index"))
    once = items.join(appended, on="item", how="semi").unique(
        "item", keep="first", maintain_order=True
    )
    known = _catalogue_rows(once, numbered)
    return ItemAttributes(
        _tokens(codes.tokens(known, token_width), known.height, token_width),
        _vectors(known, vector) if vector else None,
        _price_ranks(known, codes),
        _published(known),
        codes,
    )


def _catalogue_rows(items: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    """Returns index, item and platform of `listings` with their ITEMS row, or with nulls."""
    return listings.select("index", "item", "platform").join(
        items.drop("platform"), on="item", how="left", maintain_order="left"
    )


def _tokens(placed: pl.DataFrame, items: int, width: int) -> np.ndarray:
    tokens = np.zeros((items + 1, width), np.int32)
    tokens[placed["index"].to_numpy(), placed["place"].to_numpy()] = placed["token"].to_numpy()
    return tokens


def _vectors(known: pl.DataFrame, size: int) -> np.ndarray:
    vectors = np.zeros((known.height + 1, size), np.float32)
    fits = (known["vector"].list.len() == size).fill_null(False)
    flat = known.filter(fits)["vector"].explode().fill_null(0.0).to_numpy()
    rows = np.flatnonzero(fits.to_numpy()) + 1
    vectors[rows] = np.nan_to_num(flat.reshape(-1, size))
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: np.ndarray = vectors / np.maximum(norm, 1e-12)
    return unit


def _price_ranks(known: pl.DataFrame, codes: AttributeCodes) -> np.ndarray:
    ranked = codes.price_ranks(known)
    out = np.full(known.height + 1, -1, np.float32)
    out[ranked["index"].to_numpy()] = ranked["rank"].to_numpy()
    return out


def _published(known: pl.DataFrame) -> np.ndarray:
    times = known["published"].dt.epoch("us").fill_null(-1).to_numpy()
    return np.concatenate([np.array([-1], np.int64), times])
