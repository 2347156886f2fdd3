"""`plait init` writes a project file once, and says what it was unsure of."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plait.cli.main import app
from plait.config import load_config
from plait.errors import ConfigError, EmptyInput
from tests.unit.inspection.log_shapes import SHAPES


def _init(*arguments: str, error: type[Exception] | None = None) -> str:
    result = CliRunner().invoke(app, ["init", *arguments])
    if error is None:
        assert result.exit_code == 0, result.exception
        return result.output
    assert isinstance(result.exception, error)
    return str(result.exception)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    SHAPES["csv_shop"](tmp_path / "logs", random.Random(5))
    return tmp_path


def test_a_table_tells_what_files_were_taken_for(logs: Path) -> None:
    target = logs / "plait.yaml"
    said = _init("--from", str(logs / "logs"), "--to", str(target))
    assert "event log" in said
    assert "catalogue" in said
    assert "question" in said
    assert load_config(target).platforms["orders"].events[0].files == ["logs/orders.csv"]


def test_a_project_file_is_only_replaced_by_force(logs: Path) -> None:
    target = logs / "plait.yaml"
    target.write_text("mine")
    where = ("--from", str(logs / "logs"), "--to", str(target))
    assert "--force" in _init(*where, error=ConfigError)
    assert target.read_text() == "mine"
    _init(*where, "--force")
    assert load_config(target).platforms


def test_json_lists_tables_and_questions(logs: Path) -> None:
    target = logs / "p.yaml"
    record = json.loads(_init("--from", str(logs / "logs"), "--to", str(target), "--json"))
    assert record["platforms"] == ["orders"]
    kinds = {one["files"][0]: one["kind"] for one in record["tables"]}
    assert kinds == {
        "logs/orders.csv": "event log",
        "logs/products.csv": "catalogue",
        "logs/customers.csv": "account attributes",
    }
    assert any("zoom" in question for one in record["tables"] for question in one["questions"])


def test_nothing_is_written_if_nothing_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello\n")
    said = _init("--from", str(tmp_path), "--to", str(tmp_path / "p.yaml"), error=EmptyInput)
    assert "note.txt" in said
    assert not (tmp_path / "p.yaml").exists()


def test_fuse_without_a_project_file_names_init(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["fuse", "-c", str(tmp_path / "plait.yaml")])
    assert "plait init --from DIR" in str(result.exception)
