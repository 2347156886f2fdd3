"""Each worked example has the files that its generator makes, small, and commands that exist."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from typer.main import get_command

from plait.checks.check_logs import check_logs
from plait.cli.main import app
from plait.config import load_config
from plait.fusion.preview_logs import preview_logs
from tests.conftest import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
GENERATORS = sorted(EXAMPLES.glob("*/make_log.py"))
README_FILES = sorted(EXAMPLES.glob("*/README.md"))


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda path: path.parent.name)
def test_the_generator_makes_the_committed_files(generator: Path, tmp_path: Path) -> None:
    runpy.run_path(str(generator))["main"](tmp_path)
    committed = {p.name: p.read_bytes() for p in (generator.parent / "data").iterdir()}
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == committed
    assert all(0 < len(text) < 60_000 for text in committed.values())


@pytest.mark.parametrize("readme", README_FILES, ids=lambda path: path.parent.name)
def test_the_commands_of_the_readme_exist(readme: Path) -> None:
    group = get_command(app)
    lines = re.findall(r"^plait (.*)$", readme.read_text(), flags=re.MULTILINE)
    assert lines
    for line in lines:
        name, *words = line.split("#")[0].split()
        command = group.commands[name]  # type: ignore[attr-defined]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if re.match(r"-{1,2}[a-z]", word)} <= known, line
        for config in re.findall(r"-c (\S+)", line):
            assert (REPOSITORY / config).is_file()


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda path: path.parent.name)
def test_check_and_a_dry_run_find_nothing_that_must_be_mended(generator: Path) -> None:
    project = load_config(generator.parent / "plait.yaml")
    findings = check_logs(project)
    assert [one for one in findings if one.level == "FAIL"] == []
    assert any(one.level == "WARN" for one in findings)  # of the dirt
    previews = preview_logs(project)
    assert all(len(found.examples) == 3 for found in previews.values())
