"""Pseudonyms are HMACs: checked against Python's own."""

from __future__ import annotations

import hashlib
import hmac

import polars as pl

from plait.privacy.pseudonym import (
    PseudonymKey,
    account_pseudonym,
    person_of,
    pseudonym_hash_expr,
    pseudonymise,
    session_pseudonym,
)

KEY = PseudonymKey("k" * 64)


def _hmac(message: str) -> str:
    return hmac.new(KEY.secret.encode(), message.encode(), hashlib.sha256).hexdigest()[:32]


def test_pseudonyms_are_hmacs_of_namespace_and_id() -> None:
    raw = pl.Series("user", ["ann", "bob", None, "ann", "Ünal", ""])
    found = pseudonymise(raw, KEY, "shop")
    expected = [None if v is None else _hmac("shop\0" + v) for v in raw]
    assert found.to_list() == expected
    assert found.name == "user"
    hashed = raw.to_frame().select(pseudonym_hash_expr(pl.col("user"), KEY, "shop")).to_series()
    assert hashed.to_list() == expected


def test_many_ids_in_chunks_are_hashed_like_few() -> None:
    raw = pl.concat([pl.Series([f"u{i % 700}" for i in range(n, n + 1000)]) for n in range(5)])
    found = pseudonymise(raw, KEY, "shop")
    assert found.to_list() == [_hmac(f"shop\0{v}") for v in raw]


def test_accounts_name_their_key_and_differ_by_platform() -> None:
    raw = pl.Series(["ann"])
    (shop,) = account_pseudonym(raw, KEY, "shop")
    (video,) = account_pseudonym(raw, KEY, "video")
    assert shop == f"a_{KEY.id}_{_hmac('shop' + chr(0) + 'ann')}"
    assert shop != video
    (session,) = session_pseudonym(raw, KEY, "shop")
    assert session.startswith(f"s_{KEY.id}_")
    assert session[-32:] not in (shop[-32:], video[-32:])


def test_a_lone_account_founds_a_person_of_its_hash() -> None:
    account = account_pseudonym(pl.Series("account", ["ann"]), KEY, "shop")
    person = account.to_frame().select(person_of(pl.col("account"))).item()
    assert person == "p_" + account[0][-32:]


def test_empty_and_all_null() -> None:
    assert pseudonymise(pl.Series("a", [], pl.String), KEY, "x").to_list() == []
    assert pseudonymise(pl.Series("a", [None, None], pl.String), KEY, "x").to_list() == [None, None]
