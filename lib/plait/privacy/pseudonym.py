"""Pseudonyms: HMAC-SHA-256 of a namespace and a raw id, under a chain of keys, named by its id."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import polars_hash  # noqa: F401 - registers the `chash` namespace

from plait.privacy.map_distinct import map_distinct
from plait.privacy.pseudonym_key import PseudonymKey, load_key

__all__ = [
    "HASH_CHARACTERS",
    "PseudonymKey",
    "account_pseudonym",
    "account_pseudonym_expr",
    "account_pseudonyms_of_stages",
    "event_pseudonym",
    "hash_on",
    "is_account_pseudonym",
    "is_given_id",
    "load_key",
    "person_of",
    "pseudonym_hash_expr",
    "pseudonymise",
    "session_pseudonym",
]

HASH_CHARACTERS = 32  # hexadecimal characters of a truncated hash: 128 bits


def pseudonymise(raw: pl.Series, key: PseudonymKey, namespace: str, prefix: str = "") -> pl.Series:
    """Returns 32 hexadecimal characters for each raw id: HMAC(namespace + NUL + id), per key again.

    Equal ids have equal pseudonyms in one namespace, and different ones in two. Null stays null.
    Each distinct id is hashed once.

    Args:
        raw: the ids as text.
        key: the pseudonym key.
        namespace: the namespace of the ids, such as the platform of accounts.
        prefix: the prefix of every pseudonym.
    """
    hashed = pl.concat_str(pl.lit(prefix), pseudonym_hash_expr(pl.col("raw"), key, namespace))

    def change(distinct: pl.Series) -> pl.Series:
        return distinct.alias("raw").to_frame().select(hashed).to_series()

    return map_distinct(raw, change)


def pseudonym_hash_expr(raw: pl.Expr, key: PseudonymKey, namespace: str) -> pl.Expr:
    """Returns the hash of `pseudonymise` as an expression, which hashes every row."""
    return _hmac(key, pl.lit(namespace), raw)


def account_pseudonym(raw: pl.Series, key: PseudonymKey, platform: str) -> pl.Series:
    """Returns the pseudonym of each raw account id of `platform`: a_<key id>_<32 hex>."""
    return pseudonymise(raw, key, platform, f"a_{key.id}_")


def account_pseudonym_expr(raw: pl.Expr, key: PseudonymKey, platform: pl.Expr) -> pl.Expr:
    """Returns `account_pseudonym` as an expression, for rows of several platforms."""
    return pl.concat_str(pl.lit(f"a_{key.id}_"), _hmac(key, platform, raw))


def is_account_pseudonym(text: pl.Expr) -> pl.Expr:
    """Returns whether a text is the pseudonym of an account."""
    return text.str.contains(r"^a_[0-9a-f]{4}_[0-9a-f]{32}$")


def event_pseudonym(
    given: pl.Expr, account: pl.Expr, key: PseudonymKey, platform: pl.Expr | str
) -> pl.Expr:
    """Returns the pseudonym of the event id `given` of an account: e_<key id>_<32 hex>.

    Event ids are unique per account: two accounts may both have an event `1`. Clients and logs may
    build event ids from account ids, so raw event ids are not kept. Null stays null.

    Args:
        given: the event ids as text.
        account: the pseudonyms of the accounts under the oldest key (`key.first`). Under any other,
            an older event id could not be brought to the newest key.
        key: the pseudonym key.
        platform: the platform of the events.
    """
    on = pl.lit(platform) if isinstance(platform, str) else platform
    hashed = _hmac(key, pl.concat_str(pl.lit("event:"), on), account, given)
    return pl.concat_str(pl.lit(f"e_{key.id}_"), hashed)


def is_given_id(event_id: pl.Expr) -> pl.Expr:
    """Returns whether an event id was given in its row; other ids are content fingerprints."""
    return event_id.str.starts_with("e_")


def _hmac(key: PseudonymKey, *parts: pl.Expr) -> pl.Expr:
    return hash_on(_hash(pl.concat_str(*parts, separator="\0"), key.secret), key.later)


def hash_on(hashed: pl.Expr, later: Sequence[str]) -> pl.Expr:
    """Returns the hash of a pseudonym after the keys `later` are added to its chain."""
    for secret in later:
        hashed = _hash(hashed, secret)
    return hashed


def _hash(message: pl.Expr, secret: str) -> pl.Expr:
    hashed: pl.Expr = message.chash.hmac_sha256(key=secret)  # type: ignore[attr-defined]
    return hashed.str.slice(0, HASH_CHARACTERS)


def session_pseudonym(raw: pl.Series, key: PseudonymKey, platform: str) -> pl.Series:
    """Returns the pseudonym of each session id of `platform`: s_<key id>_<32 hex>."""
    return pseudonymise(raw, key, f"session:{platform}", f"s_{key.id}_")


def person_of(account: pl.Expr) -> pl.Expr:
    """Returns the person id that is made from `account` (a pseudonym)."""
    return pl.concat_str(pl.lit("p_"), account.str.tail(HASH_CHARACTERS))


def account_pseudonyms_of_stages(raw: pl.Series, key: PseudonymKey, platform: str) -> pl.DataFrame:
    """Returns the pseudonyms of each raw account id under every stage of `key`.

    A one-way mark of an account, such as the tombstone of an erasure, may have been made under an
    older key, and cannot be brought to the newest one.

    Returns:
        One column per stage, named by its id, the oldest first; as many rows as `raw`.
    """
    return pl.DataFrame(
        [account_pseudonym(raw, stage, platform).alias(stage.id) for stage in key.stages]
    )
