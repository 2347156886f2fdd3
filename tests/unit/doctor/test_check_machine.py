from __future__ import annotations

from importlib.metadata import version

import pytest

from plait.doctor import check_machine
from plait.doctor.finding import FindingLevel


def only(name: str) -> check_machine.Finding:
    (check,) = [check for check in check_machine.check_machine() if check.name == name]
    return check


def test_it_knows_what_plait_was_tested_with() -> None:
    assert check_machine.tested_versions()["pydantic"] == version("pydantic")
    assert only("pins").level is FindingLevel.ok


def test_another_version_than_the_tested_one_is_named_with_the_fix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        check_machine, "tested_versions", lambda: {"pydantic": "1.0", "typer": version("typer")}
    )
    check = only("pins")
    assert check.level is FindingLevel.warn
    assert f"pydantic==1.0 (has {version('pydantic')})" in check.found
    assert check.fix == "pip install pydantic==1.0"


def test_a_package_that_is_missing_or_too_old_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ["nothing-of-this-name", "pydantic<1", "absent; extra == 'dev'"]
    monkeypatch.setattr(check_machine, "requires", lambda _: wanted)
    check = only("packages")
    assert check.level is FindingLevel.fail
    assert "nothing-of-this-name is missing" in check.found
    assert "wanted <1" in check.found
    assert "absent" not in check.found


def test_java_is_only_missed_by_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    check = only("Java")
    assert check.level is FindingLevel.warn
    assert "openjdk-17" in check.fix
