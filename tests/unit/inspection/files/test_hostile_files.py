"""Files that are no logs are passed over with a reason, and soon."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.inspection.files.look_at_files import look_at_files


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("word.csv", b"a" * 300_000),
        ("digits.csv", b"1" * 300_000),
        ("access.log", b'a b c [t] "GET ' + b"x" * 300_000),
        ("separators.csv", b"," * 300_000),
        ("quotes.csv", b'"' * 300_000),
        ("nested.json", b'{"a":' * 50_000),
        ("keys.json", b"{" + b",".join(b'"k%d":1' % n for n in range(6_000)) + b"}"),
        ("empty.json", b"{\n}\n"),
        ("empty.js", b"window.data = {};\n"),
        ("program.js", b"var app = {run: function () { return 1 }};\n"),
        ("cut.js", b"window.data = [\n"),
    ],
)
def test_a_hostile_file_is_passed_over(tmp_path: Path, name: str, text: bytes) -> None:
    (tmp_path / name).write_bytes(text)
    seen = look_at_files(tmp_path, tmp_path)
    assert [*seen.passed, *(table.files[0].name for table in seen.tables)] == [name]
