"""JSON documents: one or several in a file, in any encoding; and records inside lines."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from plait.errors import UnreadableFile
from tests.unit.sources.read_log import read_log

ROWS = [{"i": "ä"}, {"i": "b"}, {"i": "c"}]
TEXTS = [json.dumps(row, ensure_ascii=False) for row in ROWS]
LIST = json.dumps(ROWS, indent=2, ensure_ascii=False)


def _items(folder: Path, name: str, content: str | bytes, **events: Any) -> list[Any]:
    rows = read_log(folder, name, content, columns={"item": "i"}, **events)
    assert [row["row"] for row in rows] == list(range(1, len(rows) + 1))
    return [row.get("item", row.get("fault")) for row in rows]


@pytest.mark.parametrize(
    "content",
    [
        LIST,
        "".join(TEXTS),
        "\n".join(json.dumps(row, indent=1) for row in ROWS),
        ",\n".join(TEXTS) + ",",
        "\x1e" + "\n\x1e".join(TEXTS) + "\n",
        f"[{TEXTS[0]}, {TEXTS[1]}]\n[]\n[{TEXTS[2]}]\n",
        f"window.YTD.like.part0 = {LIST}",
        f'var log["x"] =\n{LIST};\n',
    ],
)
def test_documents_of_a_file(tmp_path: Path, content: str) -> None:
    assert _items(tmp_path, "a.json", content, format="json") == ["ä", "b", "c"]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_encodings(tmp_path: Path, name: str) -> None:
    content = LIST if name == "a.json" else "\r\n".join(TEXTS)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "latin-1"):
        told = {"csv": {"encoding": "latin-1"}} if encoding == "latin-1" else {}
        assert _items(tmp_path, name, content.encode(encoding), **told) == ["ä", "b", "c"]


def test_compressions(tmp_path: Path) -> None:
    for suffix, pack in ((".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)):
        assert _items(tmp_path, f"a.json{suffix}", pack(LIST.encode())) == ["ä", "b", "c"]
        cut = pack(LIST.encode())[:-9]
        with pytest.raises(UnreadableFile, match=rf"ends too early for a {suffix} file"):
            _items(tmp_path, f"a.json{suffix}", cut)


def test_old_line_ends_and_lines_that_are_no_text(tmp_path: Path) -> None:
    assert _items(tmp_path, "a.jsonl", "\r".join(TEXTS)) == ["ä", "b", "c"]
    for pack in (bytes, gzip.compress):
        log = pack(b'{"i": "a"}\n{"i": "\xff"}\n{"i": "c"}\n{\n')
        name = "a.jsonl" if pack is bytes else "a.jsonl.gz"
        assert _items(tmp_path, name, log) == ["a", "bad_encoding", "c", "bad_json"]
    with pytest.raises(UnreadableFile, match=r"line 2\. Set platforms\.p\.events\.csv\.encoding"):
        _items(tmp_path, "a.json", b'[{"i": "a"},\n{"i": "\xff"}]')


def test_records_that_are_missing_are_faults(tmp_path: Path) -> None:
    document = {"body": [{"m": {"i": "a"}}, {"other": 1}, {"m": {"i": "b"}}]}
    found = _items(tmp_path, "a.json", json.dumps(document), format="json", records="body[].m")
    assert found == ["a", "no_record", "b"]


@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_records_of_lines_are_rows(tmp_path: Path, chunk: int) -> None:
    lines = ['[{"i": "a"}, {"i": "b"}, 7]', "[]", "[{", '[{"i": "c"}]']
    found = _items(tmp_path, "a.jsonl", "\n".join(lines), records="[]", chunk=chunk)
    assert found == ["a", "b", "no_record", "bad_json", "c"]
