"""A Parquet log is read by row group, by many hands, and is the same log."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from plait.sources.files.source_file import SourceFile
from plait.sources.formats.parquet_files import split_by_row_groups
from plait.sources.read_chunks import read_chunks
from tests.mappings import mapping_of

FIELDS = {"account": "user"}


def _file(path: Path, form: str = "parquet") -> SourceFile:
    about = path.stat()
    return SourceFile(path, path.name, form, "x", about.st_size, about.st_mtime)  # type: ignore[arg-type]


@pytest.mark.parametrize(("most", "pieces"), [(1, 5), (4, 3), (7, 2), (100, 1)])
def test_the_pieces_are_the_file(tmp_path: Path, most: int, pieces: int) -> None:
    path = tmp_path / "log.parquet"
    pl.DataFrame({"user": [f"u{n}" for n in range(14)]}).write_parquet(path, row_group_size=3)
    whole = pl.concat(read_chunks(_file(path), mapping_of(FIELDS)))
    parts = split_by_row_groups(_file(path), most)
    assert len(parts) == pieces
    read = pl.concat(frame for part in parts for frame in read_chunks(part, mapping_of(FIELDS)))
    assert read.equals(whole)
    assert read["row"].to_list() == list(range(1, 15))


def test_what_cannot_be_divided_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    path.write_bytes(b"PAR1 and then nothing of use")
    assert split_by_row_groups(_file(path), 1) == [_file(path)]
    text = tmp_path / "log.csv"
    text.write_text("user\nann\nbob\n")
    assert split_by_row_groups(_file(text, "csv"), 1) == [_file(text, "csv")]
    pl.DataFrame({"user": pl.Series([], dtype=pl.String)}).write_parquet(path)
    assert split_by_row_groups(_file(path), 1) == [_file(path)]
