from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from plait.serving.api_keys import ApiKeys


def reading(*files: Path) -> ApiKeys:
    """Returns keys that are read at every call."""
    return ApiKeys(files=files, fresh_s=0)


def test_without_a_key_none_is_asked_for() -> None:
    assert not ApiKeys.from_environment({}).required
    assert not ApiKeys.from_environment({"PLAIT_API_KEY": ""}).required


def test_the_environment_gives_one_key_without_its_line_break() -> None:
    keys = ApiKeys.from_environment({"PLAIT_API_KEY": "current\n"})
    assert keys.required
    assert keys.accept("current")
    assert not keys.accept("current\n")
    assert not keys.accept("")


def test_files_go_before_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("one\n\n two \r\n")
    named = {"PLAIT_API_KEY_FILE": f"{tmp_path / 'nowhere'}:{file}", "PLAIT_API_KEY": "old"}
    keys = ApiKeys.from_environment(named)
    assert [keys.accept(key) for key in ("one", "two", "old", "")] == [True, True, False, False]


def test_two_keys_are_accepted_while_they_are_changed_as_the_kubelet_changes_them(
    tmp_path: Path,
) -> None:
    """A secret's files are links over ..data, which is replaced by another folder at once."""

    def write(name: str, **held: str) -> None:
        folder = tmp_path / f"..{name}"
        folder.mkdir()
        for key, value in held.items():
            (folder / key).write_text(value)
        (tmp_path / "..tmp").symlink_to(folder.name)
        (tmp_path / "..tmp").rename(tmp_path / "..data")

    for key in ("current", "next"):
        (tmp_path / key).symlink_to(f"..data/{key}")
    write("1", current="old")
    keys = reading(tmp_path / "current", tmp_path / "next")
    assert (keys.accept("old"), keys.accept("new")) == (True, False)
    write("2", current="old", next="new")
    assert (keys.accept("old"), keys.accept("new")) == (True, True)
    write("3", current="new")
    assert (keys.accept("old"), keys.accept("new")) == (False, True)


def test_what_was_read_counts_for_a_moment(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("old")
    keys = ApiKeys(files=[file], fresh_s=3600)
    assert keys.accept("old")
    file.write_text("new")
    assert keys.accept("old")


@pytest.mark.parametrize("content", ["", "\n \n", None, b"\xff\xfe"])
def test_a_file_without_a_key_lets_nobody_in_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str | bytes | None
) -> None:
    file = tmp_path / "keys"
    file.write_text("good")
    keys = reading(file)
    assert keys.accept("good")
    if content is None:
        file.unlink()
    elif isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(content)
    with caplog.at_level(logging.WARNING):
        for given in ("good", "", "\n"):
            assert not keys.accept(given)
        assert keys.required
        assert not keys.has_keys()
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        assert "all requests are rejected" in caplog.text
        file.write_text("good")
        assert keys.accept("good")
        assert caplog.records[-1].message == "API keys can be read again."
    assert "good" not in caplog.text


def test_several_files_are_parted_as_paths_are(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name * 8)
    keys = ApiKeys.from_environment(
        {"PLAIT_API_KEY_FILE": os.pathsep.join(map(str, sorted(tmp_path.iterdir())))}
    )
    assert keys.accept("a" * 8)
    assert keys.accept("b" * 8)
