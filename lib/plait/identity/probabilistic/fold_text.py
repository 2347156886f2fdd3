"""Folds text, so that two spellings of one word are equal."""

from __future__ import annotations

import polars as pl

# Letters that Unicode does not decompose into a plain letter and a mark.
_LETTERS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i",
    "ħ": "h",
}  # fmt: skip


def fold_text(text: pl.Expr) -> pl.Expr:
    """Returns `text` in lower case, without accents and punctuation; null if nothing is left.

    Apostrophes vanish (o'brien is obrien); other punctuation is a space, and spaces are single.
    """
    plain = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    plain = plain.str.replace_many(list(_LETTERS), list(_LETTERS.values()))
    plain = plain.str.replace_all(r"['’`´]", "").str.replace_all(r"[^\p{L}\p{N}]+", " ")
    return _or_null(plain.str.strip_chars())


def fold_code(text: pl.Expr) -> pl.Expr:
    """Returns the letters and digits of `text`, in upper case; null if there are none."""
    plain = text.str.normalize("NFKD").str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]+", "")
    return _or_null(plain)


def _or_null(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)
