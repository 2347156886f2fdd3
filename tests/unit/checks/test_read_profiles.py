"""A log in one file and in several, in large and in small chunks, has one profile."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plait.checks import read_profiles as reading
from plait.checks.log_profile import LogProfile
from plait.config.parse_project import parse_config
from plait.privacy.pseudonym import PseudonymKey
from plait.progress import silence
from plait.sources import read_chunks
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.format_readers import FormatReader, open_reader

from .small_logs import rows

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def _profile(folder: Path, texts: list[str]) -> LogProfile:
    silence()
    folder.mkdir()
    for n, text in enumerate(texts):
        (folder / f"log{n}.csv").write_text(text)
    events = {
        "files": "*.csv", "columns": {"account": "user", "item": "item", "time": "time"},
        "time": {"unit": "s"}, "type": "purchase",
    }  # fmt: skip
    raw = {"store": "store", "platforms": {"shop": {"events": events}}}
    project = parse_config(raw, folder=folder)
    (log,) = reading.read_profiles(project, PseudonymKey("k" * 64), NOW)
    return log.profile


def test_the_division_of_a_log_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, *lines = rows(300, user=lambda i: f"u{i % 40}" if i % 9 else "").splitlines()
    lines += lines[:20]
    whole = _profile(tmp_path / "whole", ["\n".join([header, *lines])])
    monkeypatch.setattr(reading, "CHUNK_ROWS", 7)
    parts = ["\n".join([header, *lines[n : n + 100]]) for n in range(0, len(lines), 100)]
    divided = _profile(tmp_path / "divided", parts)
    for name in ("rows", "counts", "fault_counts", "types", "days", "earliest", "latest"):
        assert getattr(divided, name) == getattr(whole, name), name
    for name, keys in (("accounts", "account"), ("items", "item"), ("spellings", "raw")):
        one, other = (getattr(p, name).sort(keys) for p in (whole, divided))
        assert one.equals(other), name
    assert divided.repeats.repeat_share == whole.repeats.repeat_share > 0


def test_a_file_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def count(file: SourceFile, *more: Any, **options: Any) -> FormatReader:
        opened.append(file.name)
        return open_reader(file, *more, **options)

    monkeypatch.setattr(read_chunks, "open_reader", count)
    profile = _profile(tmp_path / "log", [rows(5), rows(5), "user,item,time\n"])
    assert opened == ["log0.csv", "log1.csv", "log2.csv"]
    assert profile.empty_files == ["log2.csv"]
