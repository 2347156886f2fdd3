"""Normalises the values of an identity key, and finds those that identify nobody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import polars as pl

from plait.identity.keys.hashed_values import (
    fold_hash,
    hashes_of_nothing,
    is_hash,
    sha256,
)
from plait.identity.keys.key_types import KeyRule
from plait.identity.keys.placeholders import WORDS, is_blank, is_placeholder, is_run
from plait.identity.keys.plain_values import normalise_plain

NORMALISED = {
    "raw": pl.String(),
    "value": pl.String(),
    "alias": pl.String(),
    "prefix": pl.String(),
    "reason": pl.String(),
}
HASH_PREFIX, PLAIN_PREFIX = 6, 3  # characters that are safe to show
_PLAIN_SHARE = 4  # of a plain value, at most one character of so many is shown
_LEAST_RUN = {"phone": 5}  # of one digit; of other keys, eight
_MAX_WORD = 24
# Hashes of these are common, and made from the plain value in its normalised form.
_HASHED_AS_WELL = frozenset({"email", "phone"})


@dataclass(frozen=True)
class KeyDialect:
    """How a platform writes the values of a key.

    Attributes:
        rule: the rule of the key.
        country: the country of national phone numbers, or null.
        null_words: the words that mean that there is no value.
    """

    rule: KeyRule
    country: str | None = None
    null_words: tuple[str, ...] = ()


def normalise_values(values: pl.Series, dialect: KeyDialect) -> pl.DataFrame:
    """Returns NORMALISED: one row for each distinct value that is neither null nor ''.

    - value: what is compared with the values of other accounts. A hash is not changed, but for the
      case of hexadecimal digits. Plain e-mail addresses and phone numbers are the SHA-256 of their
      normalised form, so they equal their hash on another platform.
    - alias: the SHA-256 of the value as it was written, if that is another one; or null. It may
      equal a hash, too.
    - prefix: the first characters, which are safe to show.
    - reason: why a value identifies nobody; null if it identifies someone.

    Args:
        values: trimmed texts.
        dialect: how they are written.
    """
    found = _normalise(values, dialect)
    if dialect.rule.blocked:
        refused = _blocked_values(dialect)
        hit = pl.col("value").is_in(list(refused)) | pl.col("raw").is_in(list(refused))
        found = found.with_columns(
            reason=pl.coalesce("reason", pl.when(hit).then(pl.lit("blocked")))
        )
    return found


def _blocked_values(dialect: KeyDialect) -> Collection[str]:
    """Returns the blocked values of the settings, as written and as they are compared."""
    said = pl.Series("raw", dialect.rule.blocked, pl.String)
    return {*said, *_normalise(said, dialect)["value"].drop_nulls()}


def _normalise(values: pl.Series, dialect: KeyDialect) -> pl.DataFrame:
    kind, words = dialect.rule.type, frozenset(dialect.null_words)
    distinct = values.drop_nulls().unique().alias("raw").to_frame().filter(pl.col("raw") != "")
    raw, low = pl.col("raw"), pl.col("raw").str.to_lowercase()
    nothing = hashes_of_nothing(words)
    seen = distinct.with_columns(
        is_hash(raw).alias("hashed"),
        early=pl.coalesce(
            pl.when(low.is_in([word.lower() for word in words])).then(pl.lit("null_word")),
            pl.when(fold_hash(raw).is_in(sorted(nothing)) & is_hash(raw)).then(
                pl.lit("empty_hash")
            ),
            pl.when(low.is_in(sorted(WORDS))).then(pl.lit("placeholder")),
            pl.when(is_blank(raw) | is_run(raw, _LEAST_RUN.get(kind, 8))).then(pl.lit("zeros")),
            pl.when(is_placeholder(raw, "phone")).then(pl.lit("placeholder"))
            if kind == "phone"
            else pl.lit(None, pl.String),
        ),
    )
    hashes = seen.filter("hashed").select(
        "raw",
        value=fold_hash(raw),
        alias=pl.lit(None, pl.String),
        prefix=raw.str.head(HASH_PREFIX).str.to_lowercase(),
        reason="early",
    )
    refused = seen.filter(~pl.col("hashed") & pl.col("early").is_not_null()).select(
        "raw",
        value=low,
        alias=pl.lit(None, pl.String),
        prefix=_prefix(raw, pl.col("early") == "null_word"),
        reason="early",
    )
    rest = seen.filter(~pl.col("hashed") & pl.col("early").is_null())["raw"]
    return pl.concat([hashes, refused, _plain(rest, dialect)]).select(
        pl.col(name).cast(kind) for name, kind in NORMALISED.items()
    )


def _plain(texts: pl.Series, dialect: KeyDialect) -> pl.DataFrame:
    kind = dialect.rule.type
    if kind == "email" and dialect.rule.guessed:
        # A key may be called so and hold tokens that stand for addresses, which are ids.
        tokens = ~texts.str.contains("@", literal=True)
        if tokens.any():
            as_ids = replace(dialect, rule=replace(dialect.rule, type="id"))
            parts = [_plain(texts.filter(tokens), as_ids)]
            parts += [_plain(texts.filter(~tokens), dialect)] if not tokens.all() else []
            return pl.concat(parts)
    found = normalise_plain(texts, kind, dialect.country)
    made_up = is_placeholder(pl.col("plain"), kind) if kind != "phone" else pl.lit(value=False)
    plain, written = pl.col("plain"), pl.col("written")
    hashed = kind in _HASHED_AS_WELL
    return found.with_columns(texts.alias("raw")).select(
        "raw",
        value=pl.coalesce(sha256(plain) if hashed else plain, pl.col("raw").str.to_lowercase()),
        alias=pl.when(written != plain).then(sha256(written)),
        prefix=_prefix(pl.coalesce(plain, "raw"), pl.lit(value=False)),
        reason=pl.coalesce("reason", pl.when(made_up).then(pl.lit("placeholder"))),
    )


def _prefix(text: pl.Expr, whole: pl.Expr) -> pl.Expr:
    shown = text.str.head(
        pl.min_horizontal(pl.lit(PLAIN_PREFIX), text.str.len_chars() // _PLAIN_SHARE)
    )
    return pl.when(whole).then(text.str.head(_MAX_WORD)).otherwise(shown)
