from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from plait.doctor.check_machine import check_machine
from plait.store.local_folders import cache_folder


@pytest.fixture(params=["/proc/nope", "file", None])
def no_home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    home = request.param
    if home == "file":
        (tmp_path / "file").write_text("no folder")
        home = str(tmp_path / "file")
    if home is None:  # a user that the machine does not know

        def unknown() -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr(Path, "home", unknown)
    else:
        monkeypatch.setenv("HOME", home)
    return str(home)


@pytest.mark.usefixtures("no_home")
def test_without_a_home_copies_are_kept_in_tmpdir_and_doctor_says_so(tmp_path: Path) -> None:
    folder = cache_folder()
    assert folder.is_relative_to(tmp_path / "t")
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    check = next(check for check in check_machine() if check.name == "HOME")
    assert check.level == "warn"
    assert "XDG_CACHE_HOME" in check.fix


def test_a_home_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "plait"
