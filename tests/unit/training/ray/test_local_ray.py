from __future__ import annotations

import os
from pathlib import Path

import pytest

from plait.training.ray.local_ray import local_init_arguments

TOKEN = "RAY_AUTH_TOKEN"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a token; what is set of Ray's token goes with the test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(TOKEN, "")
    monkeypatch.delenv(f"{TOKEN}_PATH", raising=False)
    return tmp_path


@pytest.mark.parametrize("place", ["home", "/proc/nonexistent", "/dev/null/below-a-file"])
def test_nothing_is_written_into_a_home(
    home: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("HOME", str(home) if place == "home" else place)
    local_init_arguments()
    first = os.environ[TOKEN]
    assert len(first) == 64
    assert not list(home.iterdir())
    local_init_arguments()
    assert os.environ[TOKEN] == first  # processes that are started later are let in


def test_a_token_that_the_user_has_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".ray").mkdir()
    (home / ".ray" / "auth_token").write_text("of the user")
    local_init_arguments()
    assert not os.environ[TOKEN]
    monkeypatch.setenv(TOKEN, "given")
    local_init_arguments()
    assert os.environ[TOKEN] == "given"


def test_sockets_lie_where_their_paths_are_short_enough(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", "/tmp")
    monkeypatch.delenv("RAY_TMPDIR", raising=False)
    assert "_temp_dir" not in local_init_arguments()
    long = tmp_path / ("a" * 120)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    place = (
        local_init_arguments()["_temp_dir"] + "/session_2026-01-01_00-00-00_000000_0000000/sockets/"
    )
    assert len(place + "plasma_store") <= 107
