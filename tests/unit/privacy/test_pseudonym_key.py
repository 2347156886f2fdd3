"""The pseudonym key: where it comes from, and who may read it."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.errors import BadKey
from plait.privacy.pseudonym_key import load_key


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("PLAIT_PSEUDONYM_KEY", raising=False)
    return _project(tmp_path)


def _project(folder: Path, **more: Any) -> Project:
    events = {"files": "a.csv", "columns": {"account": "u", "time": "t"}, "type": "view"}
    return parse_config(
        {"store": "s", "platforms": {"a": {"events": events}}} | more, folder=folder
    )


def test_the_key_is_made_once_and_only_its_owner_can_read_it(project: Project) -> None:
    first = load_key(project)
    path = project.store_path / "pseudonym.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(project) == first
    assert len(first.secret) == 64
    assert [p.name for p in project.store_path.iterdir()] == ["pseudonym.key"]


def test_the_secret_is_never_shown(project: Project) -> None:
    key = load_key(project)
    assert key.secret not in repr(key)
    assert len(key.id) == 4


def test_a_key_open_to_others_is_refused(project: Project) -> None:
    load_key(project)
    path = project.store_path / "pseudonym.key"
    path.chmod(0o644)
    with pytest.raises(BadKey, match=r"mode 0644.*chmod 600"):
        load_key(project)


def test_the_environment_goes_before_the_file(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "x" * 40)
    assert load_key(project).secret == "x" * 40
    assert not (project.store_path / "pseudonym.key").exists()


def test_a_short_key_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "short")
    with pytest.raises(BadKey, match=r"5 characters.*openssl rand") as caught:
        load_key(project)
    assert "short" not in str(caught.value)


def test_a_named_file_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAIT_PSEUDONYM_KEY", raising=False)
    (tmp_path / "mine").write_text("y" * 32)
    (tmp_path / "mine").chmod(0o600)
    assert load_key(_project(tmp_path, pseudonyms={"key_file": "mine"})).secret == "y" * 32


def test_a_store_elsewhere_needs_a_named_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLAIT_PSEUDONYM_KEY", raising=False)
    with pytest.raises(BadKey, match="not on this machine"):
        load_key(_project(tmp_path, store="s3://bucket/prefix"))
