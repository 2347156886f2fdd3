"""Which columns need no look at each text: against a look at each character."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from plait.clean.plain_text import is_plain
from plait.contracts.id_rules import AROUND_IDS, is_bad_id

TEXTS = st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=4), max_size=5)
PLAIN = st.lists(st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126)))


@given(TEXTS | PLAIN)
def test_plain_is_visible_ascii(texts: list[str | None]) -> None:
    visible = all("!" <= mark <= "~" for text in texts for mark in text or "")
    assert is_plain(pl.Series(texts, dtype=pl.String)) == visible


@given(PLAIN)
def test_plain_texts_need_no_trimming_and_no_check_of_characters(texts: list[str | None]) -> None:
    values = pl.Series("v", texts, dtype=pl.String)
    assert values.str.strip_chars(AROUND_IDS).equals(values)
    assert not values.to_frame().select(is_bad_id(pl.col("v")).any()).item()
