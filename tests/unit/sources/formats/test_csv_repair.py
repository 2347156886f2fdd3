"""Broken lines are repaired where they are, and other lines are not looked at one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plait.config.source_settings import CsvSettings
from plait.sources.files.source_file import SourceFile
from plait.sources.formats import csv_repair
from plait.sources.formats.csv_files import CsvReader
from plait.sources.formats.csv_quotes import QuoteRules
from plait.sources.formats.csv_records import OpenValues
from plait.sources.values.value_path import Field

PATHS = [(Field("id"),), (Field("text"),)]
values = st.text(st.sampled_from('ab1 "\n,é\r'), max_size=6)
cells = st.one_of(
    st.integers(0, 99).map(str), values, values.map(lambda v: '"' + v.replace('"', '""') + '"')
)


def _read(file: SourceFile, **how: Any) -> list[tuple[Any, ...]]:
    frames = CsvReader(file, CsvSettings(header=["id", "text"], **how)).read(PATHS, 1_000)
    return [row for frame in frames for row in frame.rows()]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(cells, cells), min_size=1, max_size=9),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([b"", b"\xff", b"\xef\xbb\xbf"]),
    st.sampled_from([{}, {"quote": "none"}, {"comment": "a"}]),
)
def test_blocks_do_not_change_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str]], end: str,
    first: bytes, how: dict[str, Any],
) -> None:  # fmt: skip
    path = tmp_path / "a.csv"
    path.write_bytes(first + end.join(f"{a},{b}" for a, b in rows).encode())
    file = SourceFile(path, "a.csv", "csv", "platforms.shop.events", 0, 0.0)
    found = []
    for size in (3, 50, 1 << 17):
        monkeypatch.setattr(csv_repair, "_BLOCK_BYTES", size)
        found.append(_read(file, **how))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("row", "broken", "fault"),
    [
        ('{n},"text\nof {n}, {n}"', b'70000,"lost', "bad_quote"),
        ('{n},5" wide', b'70000,"5" wide', "bad_quote"),
        ("{n},caf\u00e9", b"70000,caf\xe9", "bad_encoding"),
    ],
)
def test_one_broken_line_costs_a_look_at_its_surroundings(
    write_source: Callable[..., SourceFile], monkeypatch: pytest.MonkeyPatch, row: str,
    broken: bytes, fault: str,
) -> None:  # fmt: skip
    looked: list[int] = []
    read_record = QuoteRules.read_record

    def counted(self: QuoteRules, values: OpenValues, start: int, *, more: bool) -> Any:
        looked.append(start)
        return read_record(self, values, start, more=more)

    rows = [row.format(n=n).encode() for n in range(60_000)]
    rows[40_000] = broken
    file = write_source(b"\n".join(rows))
    monkeypatch.setattr(QuoteRules, "read_record", counted)
    found = _read(file)
    assert len(found) == len(rows)
    assert [(line[0], line[3]) for line in found if line[3] is not None] == [(40_001, fault)]
    assert len(looked) < 15_000  # those of the sample, and those of a block
