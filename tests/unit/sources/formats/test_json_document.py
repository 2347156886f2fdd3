"""A JSON document has a bound, and the message about a larger one tells what works."""

from __future__ import annotations

import gzip
import json
import shlex
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from plait.errors import UnreadableFile
from plait.sources.formats import json_document
from tests.unit.sources.read_log import read_log, read_table

NUMBER = 12345678901234567890
RECORDS: list[Any] = [{"id": NUMBER, "s": "ä's"}, {"id": 0.1, "s": 'q"'}]


@pytest.mark.parametrize(
    ("name", "document", "records"),
    [
        ("a.json", RECORDS, None),
        ("the log.json", {"x y": [{"m": one} for one in RECORDS]}, "['x y'][].m"),
        ("b.json.gz", {"d": [[], RECORDS]}, "d[1][]"),
        ("b.json.zst", {"d": [[], RECORDS]}, "d[1][]"),
        ("c.json", {"d": [{"k": 1}, {"k": 2, "r": RECORDS}]}, "d[?(@.k=='2')].r[]"),
        ("d.json", RECORDS[0], None),
    ],
)
def test_a_document_over_the_bound_is_converted_as_the_message_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, document: Any, records: str | None
) -> None:
    text = json.dumps(document, indent=1).encode()
    pack = {".gz": gzip.compress, ".zst": partial(pa.compress, codec="zstd", asbytes=True)}
    content = pack.get(name[name.rindex(".") :], bytes)(text)
    how: dict[str, Any] = {"columns": {"item": "id", "session": "s"}}
    where = {"format": "json", "records": records}
    size = len(text)
    monkeypatch.setattr(json_document, "MAX_DOCUMENT_BYTES", size)
    whole = read_log(tmp_path, name, content, **how, **where)
    assert [row["session"] for row in whole] == ["ä's", 'q"'][: len(whole)]

    monkeypatch.setattr(json_document, "MAX_DOCUMENT_BYTES", size - 1)
    with pytest.raises(UnreadableFile, match=f"'{name}' is one JSON document of") as caught:
        read_table(tmp_path / name, **how, **where)
    command, _, after = caught.value.fix.removeprefix("Run ").partition(" and set ")
    assert after == "platforms.p.events.files: records.jsonl, without records and format."
    command = command.replace("python -c", f"{shlex.quote(sys.executable)} -c")
    subprocess.run(["sh", "-c", command], check=True, cwd=tmp_path)
    assert read_table(tmp_path / "records.jsonl", **how) == whole


@pytest.mark.parametrize("document", ['{"r": null}', '{"r": {"s": null}}', "{}", "null"])
def test_a_document_with_null_for_its_records_has_none(tmp_path: Path, document: str) -> None:
    path = "r.s[]" if "s" in document else "r[]"
    assert read_log(tmp_path, "a.json", document, format="json", records=path) == []


def test_a_document_that_is_not_utf_8(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"not UTF-8: line 2.*csv\.encoding"):
        read_log(tmp_path, "a.json", b'[\n{"i": "caf\xe9"}]', columns={"item": "i"})


@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_a_line_that_is_not_utf_8_costs_one_row(tmp_path: Path, chunk: int) -> None:
    lines = b"".join(b'{"i": %d}\n' % n for n in range(5))
    body = lines + b'{"i": "caf\xe9"}\n' + lines
    rows = read_log(tmp_path, "a.jsonl", body, chunk=chunk, columns={"item": "i"})
    assert [row["row"] for row in rows] == list(range(1, 12))
    assert [row.get("fault") for row in rows] == [*[None] * 5, "bad_encoding", *[None] * 5]
    assert rows[5]["line"] == '{"i": "caf\ufffd"}'


def test_no_number_is_null(tmp_path: Path) -> None:
    body = '{"i": "NaN, x", "r": NaN}\n{"i": "b", "r": [1, -Infinity]}\n{"i": "c", "r": nan}\n'
    rows = read_log(tmp_path, "a.jsonl", body, columns={"item": "i", "rating": "r"})
    assert [(row.get("item"), row.get("rating")) for row in rows] == [
        ("NaN, x", None), ("b", "[1, null]"), (None, None),
    ]  # fmt: skip
    assert rows[2]["fault"] == "bad_json"
