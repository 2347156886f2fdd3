"""What `plait submit` does without a cluster."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from plait.cli.main import app
from plait.errors import PlaitError, RuleBroken
from tests.cluster.templates import config_map


@pytest.fixture
def rendered(tmp_path: Path) -> str:
    file = tmp_path / "templates.yaml"
    file.write_text(yaml.safe_dump(config_map()))
    return str(file)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["submit", *arguments], catch_exceptions=False)


def test_a_dry_run_prints_what_would_be_submitted(rendered: str) -> None:
    asked = ("train", "--workers", "2", "--epochs", "3", "--templates", rendered)
    shown = yaml.safe_load(run(*asked, "--dry-run=client").stdout)
    assert shown["spec"]["entrypoint"].endswith("train.py --epochs 3 --workers 2")
    assert shown["spec"]["rayClusterSpec"]["workerGroupSpecs"][0]["replicas"] == 2
    again = json.loads(run(*asked, "--dry-run=client", "--output", "json").stdout)
    assert again == shown


@pytest.mark.parametrize("verb", ["fuse", "train", "evaluate", "serve"])
def test_every_verb_has_a_resource(verb: str, rendered: str) -> None:
    shown = yaml.safe_load(run(verb, "--templates", rendered, "--dry-run=client").stdout)
    assert shown["metadata"]["labels"]["plait/verb"] == verb


def test_with_json_an_error_is_the_record(rendered: str) -> None:
    long = ("train", "--run", "x" * 60, "--templates", rendered)
    with pytest.raises(RuleBroken):
        run(*long)
    ended = run(*long, "--output", "json")
    record = json.loads(ended.stdout)
    assert ended.exit_code == record["exit_code"] == 2
    assert record["error"] == "RuleBroken"


def test_help_names_what_the_verb_itself_takes() -> None:
    assert "--epochs" in run("train", "--help").stdout


@pytest.mark.parametrize("asked", [["--timeout", "soon"], ["--patience", "1 week"]])
def test_a_duration_that_is_none_is_refused(asked: list[str], rendered: str) -> None:
    result = CliRunner().invoke(app, ["submit", "train", "--templates", rendered, *asked])
    assert result.exit_code == 2


def test_without_a_kubeconfig_it_says_where_it_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    with pytest.raises(PlaitError, match="/nowhere") as caught:
        run("train")
    assert caught.value.exit_code == 2


def test_the_command_line_starts_without_the_client_and_without_frameworks() -> None:
    heavy = "{'kubernetes', 'torch', 'ray', 'pyspark', 'polars'}"
    code = f"import sys, plait.cli.main; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
