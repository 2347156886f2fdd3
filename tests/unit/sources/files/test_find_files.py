"""Files are found, or their absence is explained."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.errors import ConfigError, EmptyInput, MissingFile, UnreadableFile
from plait.sources.files.find_files import find_files

WHERE = "platforms.shop.events"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    events = {"files": "a.csv", "columns": {"account": "u", "time": "t"}, "type": "view"}
    return parse_config({"store": "s", "platforms": {"shop": {"events": events}}}, folder=tmp_path)


def test_globs_match_each_file_once_in_the_order_of_names(project: Project, tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "c.jsonl"):
        (tmp_path / name).write_text("x\n")
    found = find_files(project, ["*.csv", "b.csv", "c.jsonl"], None, WHERE)
    assert [(f.name, f.format) for f in found] == [
        ("a.csv", "csv"), ("b.csv", "csv"), ("c.jsonl", "jsonl"),
    ]  # fmt: skip


def test_a_missing_file_names_the_nearest(project: Project, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("x\n")
    with pytest.raises(MissingFile, match=r"Did you mean 'orders\.csv'\? Set .*events\.files"):
        find_files(project, ["order.csv"], None, WHERE)


def test_a_glob_without_match_says_what_is_there(project: Project, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("x\n")
    with pytest.raises(MissingFile, match=r"no file matches '2024-\*'.*holds: orders\.csv"):
        find_files(project, ["2024-*"], None, WHERE)


def test_a_missing_folder_is_named(project: Project) -> None:
    with pytest.raises(MissingFile, match="no folder 'logs'"):
        find_files(project, ["logs/a.csv"], None, WHERE)


def test_an_empty_file(project: Project, tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(EmptyInput, match=r"'a\.csv' is empty"):
        find_files(project, ["a.csv"], None, WHERE)


def test_a_link_to_nothing(project: Project, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.csv").write_text("x\n")
    (tmp_path / "logs" / "b.csv").symlink_to(tmp_path / "gone.csv")
    for pattern in ("logs", "logs/*.csv"):
        found = find_files(project, [pattern], None, WHERE)
        assert ([file.name for file in found], found.skipped) == (["logs/a.csv"], ("logs/b.csv",))


def test_an_unknown_suffix_asks_for_the_format(project: Project, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x\n")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "README.md").write_text("x\n")
    with pytest.raises(ConfigError, match=r"to a glob such as 'logs/\*\.csv'"):
        find_files(project, ["logs"], None, WHERE)
    with pytest.raises(ConfigError, match=r"Set platforms\.shop\.events\.format: csv"):
        find_files(project, ["a.log"], None, WHERE)
    assert find_files(project, ["a.log"], "csv", WHERE)[0].format == "csv"


@pytest.mark.parametrize(
    ("name", "content", "looks"),
    [
        ("a.csv.gz", b"u,i\n1,2\n", "looks like text"),
        ("a.csv", gzip.compress(b"u,i\n", mtime=0), "looks like gzip"),
        ("a.parquet", b"u,i\n1,2\n", "not Parquet"),
        ("a.jsonl", b"PAR1 and more", "looks like Parquet"),
        ("a.csv", b"u,i\n\0\1\2", "looks like binary data"),
        ("b.csv", b"u,i\n" * 20 + b"\0\xff", "looks like binary data"),
        ("a.csv.zst", gzip.compress(b"u,i\n", mtime=0), "looks like gzip"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(
    project: Project, tmp_path: Path, name: str, content: bytes, looks: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile, match=looks):
        find_files(project, [name], None, WHERE)


@pytest.mark.parametrize("folder", ["my [ID] proj", "a*b", "what?", "[!x]", "(a) {b}"])
def test_the_name_of_the_projects_folder_is_no_glob(tmp_path: Path, folder: str) -> None:
    home = tmp_path / folder
    home.mkdir()
    (home / "a.csv").write_text("x\n")
    events = {"files": "*.csv", "columns": {"account": "u", "time": "t"}, "type": "view"}
    raw = {"store": "s", "platforms": {"shop": {"events": events}}}
    found = find_files(parse_config(raw, folder=home), ["*.csv"], None, WHERE)
    assert [(f.name, f.path) for f in found] == [("a.csv", home / "a.csv")]


@pytest.mark.parametrize("name", ["data [1].csv", "a*.csv", "what?.csv", "lo[gs]/[a].csv"])
def test_a_file_that_exists_as_it_is_written_is_meant(
    project: Project, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    for here in (file, tmp_path / "data 1.csv", tmp_path / "ab.csv", tmp_path / "whats.csv"):
        here.write_text("x\n")
    assert [f.name for f in find_files(project, [name], None, WHERE)] == [name]
    if file.parent != tmp_path:  # what stands before a star is a name, too
        assert [f.name for f in find_files(project, ["lo[gs]/*.csv"], None, WHERE)] == [name]
