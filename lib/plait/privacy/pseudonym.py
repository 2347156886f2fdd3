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


def pseudonymise(raw: pl.Series, key: Key, namespace: str, prefix: str = "") -> pl.Series:
    """Returns 32 hexadecimal characters for every raw id: HMAC(namespace + NUL + id).

    Equal ids in one namespace share a pseudonym, equal ids in two do not. Null stays null.
    Every distinct id is hashed once.

    Args:
        raw: ids as text.
        key: the key.
        namespace: what the ids are ids of.
        prefix: written in front of every pseudonym.
    """
    coded = raw.cast(pl.Categorical(pl.Categories.random()))  # categories of this series alone
    distinct = coded.unique().drop_nulls()
    hashed = distinct.cast(pl.String).alias("raw").to_frame().select(
        pl.concat_str(pl.lit(prefix), keyed_hash(pl.col("raw"), key, namespace)).alias("hash")
    )  # fmt: skip
    places = distinct.to_physical()
    if not hashed.height:
        return pl.Series(raw.name, [None] * raw.len(), pl.String)
    table = pl.DataFrame({"place": places, "hash": hashed["hash"]}).sort("place")
    if table["place"][-1] != table.height - 1:  # categories are numbered without holes
        codes = coded.to_physical().alias("place").to_frame()
        return codes.join(table, on="place", how="left", maintain_order="left")["hash"].alias(
            raw.name
        )
    return table["hash"].gather(coded.to_physical()).alias(raw.name)


def keyed_hash(raw: pl.Expr, key: Key, namespace: str) -> pl.Expr:
    """Returns the expression behind `pseudonymise`; it hashes every row."""
    message = pl.concat_str(pl.lit(namespace + "\0"), raw)
    hashed: pl.Expr = message.chash.hmac_sha256(key=key.secret)  # type: ignore[attr-defined]
    return hashed.str.slice(0, HEX)


def account_pseudonym(raw: pl.Series, key: Key, platform: str) -> pl.Series:
    """Returns the pseudonym of each raw account id of `platform`: a_<key id>_<32 hex>."""
    return pseudonymise(raw, key, platform, f"a_{key.id}_")


def session_pseudonym(raw: pl.Series, key: Key, platform: str) -> pl.Series:
    """Returns the pseudonym of each session id of `platform`: s_<key id>_<32 hex>."""
    return pseudonymise(raw, key, f"session:{platform}", f"s_{key.id}_")


def person_of(account: pl.Expr) -> pl.Expr:
    """Returns the person id that `account` (a pseudonym) founds when it is alone."""
    return pl.concat_str(pl.lit("p_"), account.str.tail(HEX))
