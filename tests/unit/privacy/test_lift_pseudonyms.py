"""A pseudonym under a chain of keys is the older one, hashed on."""

from __future__ import annotations

import hashlib
import hmac

import polars as pl
import pytest

from plait.privacy.lift_pseudonyms import has_unknown_key, lift_columns, lift_pseudonyms
from plait.privacy.pseudonym import (
    PseudonymKey,
    account_pseudonym,
    account_pseudonym_expr,
    account_pseudonyms_of_stages,
    event_pseudonym,
    session_pseudonym,
)

ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64
OLD = PseudonymKey(ONE)
MID = PseudonymKey(ONE, (TWO,))
NEW = PseudonymKey(ONE, (TWO, THREE))
RAW = pl.Series("user", ["ann", "bob", None, "ann"])


def _hmac(secret: str, message: str) -> str:
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()[:32]


def test_a_chain_hashes_once_per_key_and_names_all_of_them() -> None:
    (ann, *_) = account_pseudonym(RAW, NEW, "shop")
    assert ann == f"a_{NEW.id}_" + _hmac(THREE, _hmac(TWO, _hmac(ONE, "shop\0ann")))
    assert len({OLD.id, MID.id, NEW.id, PseudonymKey(THREE).id}) == 4
    by_row = RAW.to_frame().select(account_pseudonym_expr(pl.col("user"), NEW, pl.lit("shop")))
    assert by_row.to_series().to_list() == account_pseudonym(RAW, NEW, "shop").to_list()
    assert [stage.id for stage in NEW.stages] == [OLD.id, MID.id, NEW.id]


@pytest.mark.parametrize("older", [OLD, MID])
def test_what_was_made_under_an_older_key_is_lifted_to_what_is_made_now(
    older: PseudonymKey,
) -> None:
    for make in (account_pseudonym, session_pseudonym):
        assert lift_pseudonyms(make(RAW, older, "shop"), NEW).equals(make(RAW, NEW, "shop"))
    account = pl.lit(account_pseudonym(RAW, OLD, "shop"))  # under the oldest key, as always
    events = [
        RAW.to_frame().select(event_pseudonym(pl.col("user"), account, key, "shop")).to_series()
        for key in (older, NEW)
    ]
    assert lift_pseudonyms(events[0], NEW).to_list() == events[1].to_list()


def test_keys_of_several_ages_are_lifted_together_and_all_else_stays() -> None:
    made = [account_pseudonym(RAW[:1], key, "shop")[0] for key in (OLD, MID, NEW)]
    (foreign,) = account_pseudonym(RAW[:1], PseudonymKey("9" * 64), "shop")
    other = [None, "", "shop:i1", foreign, f"x{made[0]}", made[0] + "0", "p_" + made[0][-32:]]
    given = pl.Series("a", [*made, f"a:b:{made[0]}", *other])
    found = lift_pseudonyms(given, NEW)
    assert found.to_list() == [made[2]] * 3 + [f"a:b:{made[2]}", *other]
    assert found.name == "a"
    rows = pl.DataFrame({"a": given, "b": given})
    assert lift_columns(rows, NEW, "a")["b"].equals(given)
    assert given.to_frame().filter(has_unknown_key(pl.col("a"), NEW))["a"].to_list() == [foreign]


def test_the_pseudonyms_of_all_stages_are_those_of_each_key() -> None:
    found = account_pseudonyms_of_stages(RAW, NEW, "shop")
    assert found.columns == [OLD.id, MID.id, NEW.id]
    for key in (OLD, MID, NEW):
        assert found[key.id].to_list() == account_pseudonym(RAW, key, "shop").to_list()


def test_one_key_lifts_nothing() -> None:
    made = account_pseudonym(RAW, OLD, "shop")
    assert lift_pseudonyms(made, OLD) is made
    assert lift_pseudonyms(account_pseudonym(RAW, NEW, "shop"), OLD).to_list() != made.to_list()
