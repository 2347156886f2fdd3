"""A rotation adds a line, and loses none."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plait.config import Project
from plait.errors import BadKey
from plait.privacy.pseudonym_key import key_of_version, load_key, parse_keys
from plait.privacy.rotate_key import rotate_key
from tests.unit.privacy.test_pseudonym_key import _project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("PLAIT_PSEUDONYM_KEY", raising=False)
    return _project(tmp_path)


def test_the_file_gets_one_more_line_and_keeps_its_mode(project: Project) -> None:
    before = load_key(project)
    path = project.store_path / "pseudonym.key"
    path.write_text(f"# made in 2025\n\n  {before.secret}")
    done = rotate_key(project)
    now = load_key(project)
    assert (done.file, done.before, done.now) == (path, before.id, now.id)
    assert now.stages[0] == before
    assert path.read_text().splitlines()[:3] == ["# made in 2025", "", f"  {before.secret}"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert rotate_key(project).before == now.id


def test_rotations_at_once_all_count(project: Project) -> None:
    load_key(project)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: rotate_key(project), range(8)))
    assert len(load_key(project).stages) == 9


def test_a_link_to_the_key_file_stays_a_link(project: Project, tmp_path: Path) -> None:
    load_key(project)
    path, real = project.store_path / "pseudonym.key", tmp_path / "elsewhere"
    path.rename(real)
    path.symlink_to(real)
    rotate_key(project)
    assert path.is_symlink()
    assert len(load_key(project).stages) == 2


def test_keys_of_the_environment_go_to_a_new_file(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "x" * 32 + "\n" + "y" * 32)
    with pytest.raises(BadKey, match=r"environment.*rotate --to FILE"):
        rotate_key(project)
    done = rotate_key(project, tmp_path / "new")
    assert stat.S_IMODE(done.file.stat().st_mode) == 0o600
    grown = parse_keys(done.file.read_text(), "it")
    assert [stage.id for stage in grown.stages[-2:]] == [done.before, done.now]
    with pytest.raises(BadKey, match="cannot write"):
        rotate_key(project, done.file)


def test_without_a_key_there_is_nothing_to_rotate(project: Project) -> None:
    with pytest.raises(BadKey, match="nothing to rotate"):
        rotate_key(project)
    assert not project.store_path.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a" * 32 + "\nshort", r"line 2 of it has 5 characters"),
        ("a" * 32 + "\n# note\n" + "a" * 32, r"two are equal"),
        ("\n# only a note\n", r"has 0 characters"),
    ],
)
def test_a_bad_chain_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadKey, match=said):
        parse_keys(text, "it")


def test_a_version_says_which_stage_made_it(project: Project) -> None:
    old = load_key(project)
    rotate_key(project)
    now = load_key(project)
    assert key_of_version(now, {"pseudonyms.key": old.id}, 1) == old
    assert key_of_version(now, {"pseudonyms.key": now.id}, 1) == now
    assert key_of_version(now, {}, 1) == now
    with pytest.raises(BadKey, match=rf"store version 7 .* key {now.id}.*given here are {old.id}"):
        key_of_version(old, {"pseudonyms.key": now.id}, 7)
