"""The demo empties only what an earlier demo made."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from plait.config import load_config
from plait.demo.demo_folder import FolderTaken, empty_folder, write_demo_key
from plait.demo.endpoint_process import free_port_near
from plait.privacy.pseudonym_key import load_key
from plait.world import build_world, write_world


def test_a_folder_of_the_demo_is_emptied(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    empty_folder(folder)
    (folder / "old").write_text("x")
    empty_folder(folder)
    assert not (folder / "old").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("x")
    with pytest.raises(FolderTaken, match="no demo created it"):
        empty_folder(tmp_path)
    assert (tmp_path / "thesis").read_text() == "x"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FolderTaken, match="cannot write"):
        empty_folder(tmp_path / "file" / "demo")


def test_the_key_follows_from_the_seed_and_is_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLAIT_PSEUDONYM_KEY", raising=False)
    project = load_config(write_world(build_world(people=20), tmp_path))
    write_demo_key(project, 0)
    first = load_key(project)
    write_demo_key(project, 0)
    assert load_key(project) == first
    write_demo_key(project, 1)
    assert load_key(project) != first
    mode = (project.store_path / "pseudonym.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_taken_port_is_not_offered() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port_near(port) != port
    assert free_port_near(port) > 0
