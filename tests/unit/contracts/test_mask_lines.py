"""A masked line keeps its form, and nothing that somebody wrote."""

from __future__ import annotations

import re

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from plait.contracts.mask_lines import mask_kind, mask_lines

NAMES = ("uid", "at")


def _mask(*lines: str | None) -> list[str | None]:
    return mask_lines(pl.Series("line", lines, pl.String), NAMES).to_list()


def test_words_are_replaced_by_kind_and_length() -> None:
    assert _mask('{"uid": "Ann-7", "at": 1700, "mail": "a@b.de') == [
        '{"uid": "<3 characters>-<1 digits>", "at": <4 digits>, '
        '"<4 characters>": "<1 characters>@<1 characters>.<2 characters>'
    ]


def test_a_value_that_equals_a_name_is_masked() -> None:
    assert _mask('"uid", "x": "uid"') == ['"<3 characters>", "<1 characters>": "<3 characters>"']


def test_null_empty_and_long_lines() -> None:
    assert _mask(None, "", "a" * 600) == [None, "", "<512 characters>..."]
    assert _mask() == []


def test_without_names_every_key_is_masked() -> None:
    assert mask_lines(pl.Series(['{"uid": 1}'])).to_list() == ['{"<3 characters>": <1 digits>}']


@given(st.lists(st.text(max_size=40) | st.sampled_from(['{"uid": "x"}', '"at":é'])))
def test_nothing_of_a_line_is_left(lines: list[str]) -> None:
    for line, masked in zip(lines, _mask(*lines), strict=True):
        assert masked is not None
        form = re.sub(r"<\d+ (digits|characters)>", "", masked)
        form = re.sub(r'"(uid|at)"\s*:', "", form)
        assert not re.search(r"[^ -/:-@\[-`{-~]", form), (line, masked)


def test_a_value_is_masked_as_one() -> None:
    values = pl.DataFrame({"v": ["12", "a b", None]}).select(mask_kind(pl.col("v")))
    assert values.to_series().to_list() == ["<2 digits>", "<3 characters>", None]
