from __future__ import annotations

from pathlib import Path

from plait.doctor.check_project import check_project
from plait.doctor.finding import FindingLevel

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
