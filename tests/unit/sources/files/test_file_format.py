"""The format of a file is that of its name and its first bytes; what cannot be read has a fix."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from plait.errors import ConfigError, UnreadableFile
from plait.sources.files.file_format import determine_format

WHERE = "platforms.shop.events"
ROW = b'{"u": "a", "t": 1}\n'
PRINTED = json.dumps({"rows": [{"u": "a"}, {"u": "b"}]}, indent=2).encode()


def parquet() -> bytes:
    body = io.BytesIO()
    pl.DataFrame({"u": ["a"]}).write_parquet(body)
    return body.getvalue()


def zstd(content: bytes) -> bytes:
    body = io.BytesIO()
    pl.DataFrame({content.decode(): []}).lazy().sink_csv(
        body, compression="zstd", quote_style="never"
    )
    return body.getvalue()


@pytest.mark.parametrize(
    ("name", "head", "form"),
    [
        ("a.json", ROW + ROW, "jsonl"),
        ("a.json", ROW.rstrip(), "jsonl"),
        ("a.json", b"\xef\xbb\xbf\n\n" + ROW, "jsonl"),
        ("a.json", b'{"u": "a", "t\n' + ROW, "jsonl"),  # a damaged line
        ("a.json", PRINTED, "json"),
        ("a.json", b'{"rows": [\n{"u": "a"},\n{"u": "b"}\n]}\n', "json"),
        ("a.json", b"\xef\xbb\xbf" + PRINTED, "json"),
        ("a.json", b'[{"u": "a"}]', "json"),
        ("a.json", b" \n [\n{}]", "json"),
        ("a.json", b'{"u": "' + b"x" * 100_000, "jsonl"),
        ("a.json", b"\n\n", "jsonl"),
        ("a.json.gz", gzip.compress(PRINTED, mtime=0), "json"),
        ("a.json.gz", gzip.compress(ROW, mtime=0), "jsonl"),
        ("a.json.gz", gzip.compress(PRINTED * 10, mtime=0)[:60], "json"),
        ("a.json.zst", zstd(PRINTED), "json"),
        ("a.json.zst", zstd(ROW), "jsonl"),
        ("a.jl", ROW, "jsonl"),
        ("A.NDJSON", ROW, "jsonl"),
        ("a.jsonl.gz", gzip.compress(ROW, mtime=0), "jsonl"),
        ("a.txt", b"u\tt\n", "csv"),
        ("part-00000", parquet(), "parquet"),
        ("part-r-00000.snappy.parquet", parquet(), "parquet"),
        ("part-00000", ROW * 2, "jsonl"),
        ("part-00000", PRINTED, "json"),
        ("part-00000", b'[{"u": 1}]', "json"),
        ("part-00000.gz", gzip.compress(ROW, mtime=0), "jsonl"),
        ("logs/dt=1/part-00000-abc.c000", ROW, "jsonl"),
        ("a.csv", b"\xff\xfeu\0,\0", "csv"),
        ("a.csv", "u,i\na,b\n".encode("utf-16-le"), "csv"),
        ("a.csv", b"u,i\n" * 20 + b"a\0b,c\n", "csv"),
        ("part-00000", ROW.strip() * 2, "json"),  # documents without a mark between them
        ("a.json", ROW.strip() * 2, "json"),
        ("like.js", b"window.YTD.like.part0 = [", "json"),
    ],
)
def test_the_format_of_a_file(name: str, head: bytes, form: str) -> None:
    assert determine_format(name, head, None, WHERE) == form


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("part-00000", b"u,t\na,1\n"),
        ("error.log", b"[Mon Jan 01 00:00:00 2024] [error] x\n"),
        ("a.geojson", b'{"type": "FeatureCollection"}'),
        ("a", b""),
    ],
)
def test_a_file_that_says_nothing_needs_a_format(name: str, head: bytes) -> None:
    with pytest.raises(ConfigError, match=r"Set platforms\.shop\.events\.format: csv"):
        determine_format(name, head, None, WHERE)
    assert determine_format(name, head, "csv", WHERE) == "csv"
    assert determine_format(name, head, None, WHERE, "csv") == "csv"


def test_parquet_may_have_any_name() -> None:
    assert determine_format("a.data", parquet(), "parquet", WHERE) == "parquet"


def zipped(content: bytes) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("a b.csv", content)
    return body.getvalue()


@pytest.mark.parametrize("renamed", [False, True])
def test_another_compression_is_refused_and_the_command_works(
    tmp_path: Path, *, renamed: bool
) -> None:
    name, content = "a b.csv.zip", b"u,t\na,1\n"
    packed = zipped(content)
    with pytest.raises(UnreadableFile, match=r"run: ") as refused:
        determine_format("a b.csv" if renamed else name, packed, None, WHERE)
    assert renamed == (f"Rename it to '{name}'" in str(refused.value))
    (tmp_path / name).write_bytes(packed)
    python, *command = shlex.split(str(refused.value).partition("run: ")[2])
    assert python == "python"
    subprocess.run([sys.executable, *command], cwd=tmp_path, check=True)
    assert (tmp_path / "a b.csv").read_bytes() == content


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_bzip2_and_xz_are_read(pack: Callable[[bytes], bytes]) -> None:
    suffix = ".bz2" if pack is bz2.compress else ".xz"
    found = [
        determine_format(f"a{kind}{suffix}", pack(content), None, WHERE)
        for kind, content in ((".csv", b"u,t\n"), (".json", b'[{"a": 1}]'), ("", b'{"a": 1}\n'))
    ]
    assert found == ["csv", "json", "jsonl"]


def test_a_spreadsheet_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"Save it as CSV, and set platforms\.shop\.events"):
        determine_format("a.xlsx", b"PK\x03\x04", None, WHERE)


@pytest.mark.parametrize(
    ("name", "head", "fix"),
    [
        ("x/a.csv", gzip.compress(b"u,t\n", mtime=0), r"Rename it to 'a\.csv\.gz'"),
        ("a.csv.zst", gzip.compress(b"u,t\n", mtime=0), r"Rename it to 'a\.csv\.gz'"),
        ("a.csv.gz", b"u,t\n", r"Rename it to 'a\.csv'"),
        ("a.parquet", b"u,t\n", r"format: csv"),
        ("a.csv", b"PAR1", r"format: parquet"),
        ("a.csv.gz", b"PAR1", r"format: parquet, and rename it to 'a\.csv'"),
    ],
)
def test_a_file_of_another_kind_has_a_fix_that_works(name: str, head: bytes, fix: str) -> None:
    with pytest.raises(UnreadableFile, match=fix):
        determine_format(name, head, None, WHERE)
    renamed = {"rename": "a.csv", "Rename": fix.partition("'")[2][:-1].replace("\\", "")}
    new = next((to for word, to in renamed.items() if word in fix), name)
    form = fix.partition("format: ")[2].partition(",")[0] or None
    assert determine_format(new, head, form, WHERE)  # type: ignore[arg-type]
