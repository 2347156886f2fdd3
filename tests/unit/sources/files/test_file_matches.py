"""A folder stands for its files; the result does not depend on how they are listed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.errors import EmptyInput, MissingFile
from plait.sources.files import file_matches
from plait.sources.files.find_files import find_files
from tests.s3 import Bucket

WHERE = "platforms.shop.events"
KEYS = [
    "logs/a.csv", "logs/_SUCCESS", "logs/.a.csv.crc", "logs/b.csv.tmp", "logs/_old.csv",
    "logs/dt=2024-01-01/p=web/part-0.csv", "logs/dt=2024-01-02/p=app/part-0.csv",
    "logs/dt=2024-01-02/_temporary/0/part-0.csv", "logs/deep/er/b.csv", "other/c.csv",
    "parts/b.csv", "parts/a.csv/part-0.csv", "parts/a.csv/_SUCCESS", "parts/old/d.csv",
]  # fmt: skip
DAYS = ["logs/dt=2024-01-01/p=web/part-0.csv", "logs/dt=2024-01-02/p=app/part-0.csv"]
CASES = {
    "logs": ["logs/a.csv", "logs/deep/er/b.csv", *DAYS],
    "logs/": ["logs/a.csv", "logs/deep/er/b.csv", *DAYS],
    "logs/*": ["logs/a.csv"],
    "logs/**/*.csv": ["logs/a.csv", "logs/deep/er/b.csv", *DAYS],
    "logs/_*.csv": ["logs/_old.csv"],
    "logs/_old.csv": ["logs/_old.csv"],
    "logs/*.tmp": ["logs/b.csv.tmp"],
    "logs/dt=*": DAYS,
    "logs/dt=2024-01-02": DAYS[1:],
    "logs/dt=2024-01-02/_temporary/0/*.csv": ["logs/dt=2024-01-02/_temporary/0/part-0.csv"],
    "*/c.csv": ["other/c.csv"],
    "*/deep": ["logs/deep/er/b.csv"],
    "parts/*.csv": ["parts/a.csv/part-0.csv", "parts/b.csv"],
}


def make_project(folder: Path) -> Project:
    events = {"files": "a.csv", "columns": {"account": "u", "time": "t"}, "type": "view"}
    return parse_config({"store": "s", "platforms": {"shop": {"events": events}}}, folder=folder)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for key in KEYS:
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_text("u,t\na,1\n")
    return tmp_path


@pytest.mark.parametrize("pattern", CASES)
def test_folders_and_globs_on_disk(project: Project, logs: Path, pattern: str) -> None:
    found = find_files(project, [pattern], "csv", WHERE)
    assert [file.name for file in found] == CASES[pattern]
    absolute = find_files(project, [str(logs / pattern)], "csv", WHERE)
    assert absolute.files == found.files


def test_folders_and_globs_on_s3(bucket: Bucket, project: Project, logs: Path) -> None:
    for key in KEYS:
        bucket.put(key, "u,t\na,1\n")
    bucket.put("logs/deep/", "")  # the mark of a folder
    for pattern, names in CASES.items():
        found = find_files(project, [f"{bucket.uri}/{pattern}"], "csv", WHERE)
        assert [file.name for file in found] == [f"{bucket.uri}/{name}" for name in names], pattern
        here = find_files(project, [pattern], "csv", WHERE)
        assert [f.partitions for f in found] == [f.partitions for f in here], pattern
    whole = find_files(project, [bucket.uri], "csv", WHERE)
    assert len(whole) == 8


def test_a_file_has_the_same_partitions_however_it_is_named(project: Project, logs: Path) -> None:
    for pattern in ("logs", "logs/dt=*/p=*/*.csv", "logs/dt=2024-01-02/p=app", DAYS[1], "**/*.csv"):
        found = {file.name: file for file in find_files(project, [pattern], None, WHERE)}
        assert found[DAYS[1]].partitions == {"dt": "2024-01-02", "p": "app"}, pattern


def test_files_without_bytes_are_skipped(project: Project, logs: Path) -> None:
    (logs / "logs" / "a.csv").write_text("")
    found = find_files(project, ["logs"], None, WHERE)
    assert len(found) == 3
    assert found.skipped == ("logs/a.csv",)
    named = find_files(project, ["logs/a.csv", "other/c.csv"], None, WHERE)
    assert ([file.name for file in named], named.skipped) == (["other/c.csv"], ("logs/a.csv",))


def test_only_files_without_bytes(project: Project, tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.csv").touch()
    with pytest.raises(EmptyInput, match=r"'a\.csv', 'b\.csv', 'c\.csv' and 1 more are empty"):
        find_files(project, ["*.csv"], None, WHERE)
    found = find_files(project, ["*.csv"], None, WHERE, may_be_empty=True)
    assert (len(found), len(found.skipped)) == (0, 4)


def test_a_folder_without_files(project: Project, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "_SUCCESS").write_text("x")
    with pytest.raises(MissingFile, match=r"no file in the folder 'logs'.*Hidden files"):
        find_files(project, ["logs"], None, WHERE)


def test_links_are_opened_once_and_what_is_no_file_is_left_out(
    project: Project, logs: Path
) -> None:
    expected = find_files(project, ["logs"], None, WHERE).files
    (logs / "logs" / "deep" / "up").symlink_to(logs / "logs")
    (logs / "logs" / "lost.csv").symlink_to(logs / "nothing")
    os.mkfifo(logs / "logs" / "pipe.csv")
    assert find_files(project, ["logs"], None, WHERE).files == expected
    (logs / "logs" / "others").symlink_to(logs / "other")
    names = [file.name for file in find_files(project, ["logs"], None, WHERE)]
    assert names == [*(file.name for file in expected), "logs/others/c.csv"]


def test_a_name_is_the_same_wherever_the_program_runs(
    project: Project, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [file.name for file in find_files(project, ["logs"], None, WHERE)]
    monkeypatch.chdir("/")
    assert [file.name for file in find_files(project, ["./logs/../logs"], None, WHERE)] == names


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_listing_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, random: Any
) -> None:
    folder = tmp_path_factory.mktemp("order")
    for key in KEYS:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_text("u,t\na,1\n")
    project = make_project(folder)
    patterns = ["logs", "other/*.csv", "**/a.csv"]
    expected = find_files(project, patterns, None, WHERE)
    walk, find = os.walk, file_matches.glob.glob

    def shuffled_walk(*args: Any, **kwargs: Any) -> Iterator[Any]:
        for at, folders, names in walk(*args, **kwargs):
            random.shuffle(folders)
            random.shuffle(names)
            yield at, folders, names

    def shuffled_glob(*args: Any, **kwargs: Any) -> list[str]:
        found = find(*args, **kwargs)
        random.shuffle(found)
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "walk", shuffled_walk)
        patched.setattr(file_matches.glob, "glob", shuffled_glob)
        random.shuffle(patterns)
        assert find_files(project, patterns, None, WHERE) == expected
