"""Values that are hashes, and the hashes of values that identify nobody."""

from __future__ import annotations

import hashlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from functools import lru_cache

import polars as pl
import polars_hash  # noqa: F401 - registers the `chash` namespace

_HEX, _HEX_LENGTHS = "^[0-9A-Fa-f]+$", [32, 40, 56, 64, 96, 128]
# With its padding, which tells it from words and numbers. SHA-384 has none.
_BASE64, _BASE64_LENGTHS = "^[A-Za-z0-9+/_-]+={1,2}$", [24, 28, 40, 44, 88]
_BLANKS = ("", " ", "  ", "\t", "\n", "\r\n", "\0")
_ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


def is_hex_hash(text: pl.Expr) -> pl.Expr:
    """Returns whether a value has the length and the digits of a hash in hexadecimal."""
    return text.str.len_bytes().is_in(_HEX_LENGTHS) & text.str.contains(_HEX)


def is_hash(text: pl.Expr) -> pl.Expr:
    """Returns whether a value has the form of a hash, in hexadecimal or padded base64."""
    base64 = text.str.len_bytes().is_in(_BASE64_LENGTHS) & text.str.contains(_BASE64)
    return is_hex_hash(text) | base64


def fold_hash(text: pl.Expr) -> pl.Expr:
    """Returns hashes as they are compared: hexadecimal without case, base64 as it is."""
    return pl.when(is_hex_hash(text)).then(text.str.to_lowercase()).otherwise(text)


def sha256(text: pl.Expr) -> pl.Expr:
    """Returns the SHA-256 of the UTF-8 of a text, as 64 hexadecimal characters."""
    hashed: pl.Expr = text.chash.sha2_256()  # type: ignore[attr-defined]
    return hashed


@lru_cache(maxsize=8)
def hashes_of_nothing(words: frozenset[str]) -> frozenset[str]:
    """Returns the hashes of blanks and of `words`, in each usual case, as `fold_hash` has them."""
    cased = {form for word in words for form in (word, *_cases(word))}
    return frozenset(_hashes([*_BLANKS, *cased]))


def _cases(word: str) -> tuple[str, ...]:
    return word.lower(), word.upper(), word.title(), word.capitalize()


def _hashes(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        for name in _ALGORITHMS:
            digest = hashlib.new(name, text.encode(), usedforsecurity=False).digest()
            yield digest.hex()
            yield b64encode(digest).decode()
            yield urlsafe_b64encode(digest).decode()
