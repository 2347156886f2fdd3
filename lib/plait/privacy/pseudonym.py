"""Pseudonyms: HMAC-SHA-256 of a raw id, in a namespace, under a key that the id names."""

from __future__ import annotations

import polars as pl
import polars_hash  # noqa: F401 - registers the `chash` namespace

from plait.privacy.key import Key, load_key

__all__ = [
    "HEX",
    "Key",
    "account_pseudonym",
    "keyed_hash",
    "load_key",
    "person_of",
    "pseudonymise",
    "session_pseudonym",
]

HEX = 32  # hexadecimal characters kept of a hash: 128 bits


def pseudonymise(raw: pl.Series, key: Key, namespace: str) -> pl.Series:
    """Returns 32 hexadecimal characters for every raw id: HMAC(namespace + NUL + id).

    Equal ids in one namespace share a pseudonym, equal ids in two do not. Null stays null.
    Every distinct id is hashed once.
    """
    name = raw.name
    distinct = raw.unique().alias("raw").to_frame()
    known = distinct.with_columns(keyed_hash(pl.col("raw"), key, namespace).alias("hash"))
    if distinct.height == raw.len():
        return (
            raw.alias("raw")
            .to_frame()
            .select(keyed_hash(pl.col("raw"), key, namespace).alias(name))[name]
        )
    found = raw.alias("raw").to_frame().join(known, on="raw", how="left", maintain_order="left")
    return found["hash"].alias(name)


def keyed_hash(raw: pl.Expr, key: Key, namespace: str) -> pl.Expr:
    """Returns the expression behind `pseudonymise`; it hashes every row."""
    message = pl.concat_str(pl.lit(namespace + "\0"), raw)
    hashed: pl.Expr = message.chash.hmac_sha256(key=key.secret)  # type: ignore[attr-defined]
    return hashed.str.slice(0, HEX)


def account_pseudonym(raw: pl.Series, key: Key, platform: str) -> pl.Series:
    """Returns the pseudonym of each raw account id of `platform`: a_<key id>_<32 hex>."""
    return _marked("a", pseudonymise(raw, key, platform), key)


def session_pseudonym(raw: pl.Series, key: Key, platform: str) -> pl.Series:
    """Returns the pseudonym of each session id of `platform`: s_<key id>_<32 hex>."""
    return _marked("s", pseudonymise(raw, key, f"session:{platform}"), key)


def _marked(kind: str, hashed: pl.Series, key: Key) -> pl.Series:
    marked = pl.concat_str(pl.lit(f"{kind}_{key.id}_"), pl.col("hash")).alias(hashed.name)
    return hashed.to_frame("hash").select(marked).to_series()


def person_of(account: pl.Expr) -> pl.Expr:
    """Returns the person id that `account` (a pseudonym) founds when it is alone."""
    return pl.concat_str(pl.lit("p_"), account.str.tail(HEX))
