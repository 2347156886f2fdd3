from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest

from plait.errors import StoreError
from plait.store import local_folders
from plait.store.local_folders import MAX_SOCKET_PATH_BYTES, socket_folder


@pytest.mark.parametrize("length", [0, 40, 90, 200])
def test_a_socket_can_be_bound_however_long_tmpdir_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    folder = tmp_path / ("x" * length or "y")
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    name = "0123456789abcdef.sock"
    place = socket_folder(len(name)) / name
    assert len(str(place)) <= MAX_SOCKET_PATH_BYTES
    within = folder / place.parent.name / name
    assert place.is_relative_to(folder) == (len(str(within)) <= MAX_SOCKET_PATH_BYTES)
    assert place.parent.stat().st_mode & 0o777 == 0o700
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(place))
    place.unlink()


@pytest.mark.parametrize("name", ["a b", "it's", 'a"b', "a#b", "$x", "100%", "a,b"])
def test_a_path_that_haproxys_settings_cannot_name_is_not_used(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with tempfile.TemporaryDirectory() as short:
        folder = Path(short) / name
        folder.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        assert not socket_folder(20).is_relative_to(folder)
        monkeypatch.setattr(tempfile, "tempdir", short)
        assert socket_folder(20).is_relative_to(short)


def test_where_nothing_is_short_enough_it_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    monkeypatch.setattr(local_folders, "_ELSEWHERE", ("/nowhere",))
    with pytest.raises(StoreError, match="Set TMPDIR to a folder with a short path"):
        socket_folder(21)
