"""Whatever is typed ends in a sentence and an exit code."""

from __future__ import annotations

import sys
from importlib.metadata import version

import pytest

from plait.cli.main import main


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("stauts", "No such command 'stauts'"),
        ("train --epohcs 3", "--epochs"),
        ("train --epochs many", "valid integer"),
        ("gc", "Missing option '--keep'"),
        ("fuse -c nowhere.yaml", "cannot read 'nowhere.yaml'"),
    ],
)
def test_a_mistake_is_told_and_ends_with_2(
    typed: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["plait", *typed.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert says in said
    assert "fault in plait" not in said


@pytest.mark.parametrize("typed", ["version", "--version", "-V"])
def test_the_version_is_told_as_people_ask_for_it(
    typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["plait", typed])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"plait {version('plait')}\n"
