"""The end of a quoted value is found with one look at each line, also in hostile files."""

from __future__ import annotations

import pytest

from plait.sources.formats import csv_records, csv_syntax
from plait.sources.formats.csv_header import CsvLayout
from plait.sources.formats.csv_quotes import QuoteRules
from plait.sources.formats.csv_records import Effect, OpenValues

LAYOUT = CsvLayout(("user", "item", "text"), ",", '"', None, 1, returns=False)


def test_every_line_is_looked_at_once() -> None:
    looked: list[bytes] = []

    def look(line: bytes) -> tuple[Effect, int]:
        looked.append(line)
        return Effect.STAYS, 1

    values = OpenValues([b'a","b'] * 1_000, look)
    assert [values.find_end(start) for start in (0, 1, 500)] == [
        (1_000, 999),
        (1_000, 998),
        (1_000, 499),
    ]
    assert len(looked) == 999


def test_a_record_that_is_too_long_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_records, "MAX_RECORD_BYTES", 10)
    values = OpenValues([b"12345"] * 4 + [b"end"], lambda line: (Effect(1 + (line == b"end")), 0))
    assert [values.find_end(start) for start in range(4)] == [None, None, (4, 0), (4, 0)]


def test_lines_that_each_open_a_value_are_broken_rows() -> None:
    lines = [b'a","b'] * 10_000
    rules = QuoteRules(LAYOUT, [b"1,2,3"])
    values = rules.open_values(lines)
    assert all(rules.read_record(values, n, more=False) == (1, True) for n in range(len(lines)))


def test_line_ends_in_an_open_quote_are_not_counted_one_by_one() -> None:
    text = b"user,item,text\n" + b'u,i,"' + b"x\n" * 1_000_000
    assert not csv_syntax.is_well_formed(iter([text]), LAYOUT, lambda _: False)
