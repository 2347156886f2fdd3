from __future__ import annotations

from pathlib import Path

import pytest

from plait.config import load_config
from plait.doctor.check_project import check_project
from plait.doctor.finding import Finding, FindingLevel
from plait.errors import BadKey
from plait.fusion.fuse_logs import fuse
from plait.privacy.rotate_key import rotate_key

PROJECT = """\
store: {store}
platforms:
  shop:
    events: {{files: "*.csv", columns: {{account: u, item: i, time: t}}, type: view}}
"""


def project(tmp_path: Path, store: str) -> Path:
    file = tmp_path / "plait.yaml"
    file.write_text(PROJECT.format(store=store))
    return file


def test_a_store_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    checks = list(check_project(project(tmp_path, str(tmp_path / "store"))))
    assert [check.level for check in checks] == [FindingLevel.ok, FindingLevel.ok]
    assert "read and written, no version yet" in checks[1].found
    assert not list((tmp_path / "store").rglob("*probe*"))


def test_a_project_file_with_a_mistake_is_told(tmp_path: Path) -> None:
    file = project(tmp_path, "store")
    file.write_text(file.read_text() + "stroe: x\n")
    (check,) = check_project(file)
    assert check.level is FindingLevel.fail
    assert "stroe" in check.found


def test_a_store_that_cannot_be_reached_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    checks = list(check_project(project(tmp_path, str(tmp_path / "file" / "store"))))
    assert checks[-1].name == "store"


def test_the_key_of_a_vault_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAIT_VAULT_KEY", raising=False)
    file = project(tmp_path, str(tmp_path / "store"))
    file.write_text(file.read_text() + "people: {vault: {}}\n")
    (found,) = (each for each in check_project(file) if each.name == "vault")
    assert found.level is FindingLevel.warn
    assert "Only a fuse needs it" in found.found
    monkeypatch.setenv("PLAIT_VAULT_KEY", "0" * 64)
    (found,) = (each for each in check_project(file) if each.name == "vault")
    assert found.level is FindingLevel.ok


def test_the_pseudonym_key_is_that_of_the_newest_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLAIT_PSEUDONYM_KEY", raising=False)
    (tmp_path / "log.csv").write_text("u,i,t\nann,i1,2024-01-01T00:00:00Z\n")
    file = project(tmp_path, str(tmp_path / "store"))
    fuse(file)

    def found() -> Finding:
        return list(check_project(file))[-1]

    assert (found().name, found().level) == ("pseudonym key", FindingLevel.ok)
    rotate_key(load_config(file))
    assert found().level is FindingLevel.warn
    assert found().fix == "Run plait fuse."
    (tmp_path / "store" / "pseudonym.key").unlink()
    assert "is missing" in found().found
    with pytest.raises(BadKey, match="is missing"):
        fuse(file)
    assert not (tmp_path / "store" / "pseudonym.key").exists()
