"""What always holds when values of identity keys are normalised."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.config.people_settings import KeySettings, KeyType
from plait.identity.keys.key_types import TYPE_RULES, KeyRule
from plait.identity.keys.normalise_values import KeyDialect, normalise_values
from plait.identity.keys.plain_values import normalise_plain

KINDS = st.sampled_from(sorted(TYPE_RULES))
MARKS = st.sampled_from("aZ0159 .+-@_<>\"'éßİΣ。\u00ad:;/(){}eE\\")
TEXTS = st.text(MARKS, min_size=1, max_size=24) | st.text(min_size=1, max_size=24)
ADDRESSES = st.builds("{}@{}.{}".format, TEXTS, TEXTS, st.sampled_from(["de", "com", "gmail.com"]))
NUMBERS = st.builds("{}{}".format, st.sampled_from(["+49", "+1", "0", "00", "+39 "]),
                    st.integers(1, 10**11))  # fmt: skip
HASHES = st.sampled_from([32, 40, 64, 128]).flatmap(
    lambda n: st.text("0123456789abcdefABCDEF", min_size=n, max_size=n)
)


@settings(max_examples=100, deadline=None)
@given(KINDS, st.lists(TEXTS | ADDRESSES | NUMBERS, min_size=1, max_size=8, unique=True),
       st.sampled_from([None, "DE", "US"]))  # fmt: skip
def test_a_normal_form_is_its_own_normal_form(
    kind: KeyType, texts: list[str], country: str | None
) -> None:
    once = normalise_plain(pl.Series(texts), kind, country)["plain"].drop_nulls().unique()
    again = normalise_plain(once, kind, country)
    assert again["plain"].to_list() == once.to_list()
    assert not again["reason"].count()


@settings(max_examples=100, deadline=None)
@given(KINDS, st.lists(HASHES, min_size=1, max_size=5), st.lists(TEXTS | ADDRESSES, max_size=5))
def test_a_hash_is_never_changed(kind: KeyType, hashes: list[str], others: list[str]) -> None:
    dialect = KeyDialect(KeyRule.of("k", KeySettings(type=kind), 3), "DE", ("NA",))
    found = normalise_values(pl.Series([*hashes, *others]), dialect)
    by_raw = dict(found.select("raw", "value").rows())
    assert all(by_raw[each] == each.lower() for each in hashes)
    assert found["value"].null_count() == 0
    assert found["prefix"].str.len_chars().max() <= 6  # type: ignore[operator]
