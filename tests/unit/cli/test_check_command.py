"""`plait check`: what it prints, its exit codes, and that it writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from plait.cli.main import app

PROJECT = """\
store: store
platforms:
  shop:
    events:
      files: "log.csv"
      columns: {account: user, item: item, time: time}
      time: {unit: s}
      type: {column: act}
"""


def _run(folder: Path, log: str, *arguments: str) -> Result:
    (folder / "plait.yaml").write_text(PROJECT)
    (folder / "log.csv").write_text("user,item,time,act\n" + log)
    return CliRunner().invoke(app, ["check", "-c", str(folder / "plait.yaml"), "-q", *arguments])


GOOD = "ann,i1,1700000000,view\nbob,i2,1700000500,like\n"
ONE_TYPE = "ann,i1,1700000000,view\nbob,i2,1700000500,view\n"
BAD = "zoe-7,i1,yesterday,view\nbob,i2,1700000500,like\n"


@pytest.mark.parametrize(
    ("log", "strict", "code"),
    [(GOOD, True, 0), (ONE_TYPE, False, 0), (ONE_TYPE, True, 1), (BAD, False, 1)],
)
def test_the_exit_code_is_for_ci(log: str, strict: bool, code: int, tmp_path: Path) -> None:
    assert _run(tmp_path, log, *(["--strict"] if strict else [])).exit_code == code


def test_it_prints_level_rule_example_and_fix_in_100_columns(tmp_path: Path) -> None:
    said = _run(tmp_path, BAD).stdout
    assert "FAIL   times" in said
    assert "log.csv:1 time = 'yesterday': the time cannot be read" in said
    assert "Fix: " in said
    assert "1 FAIL. Next: correct the log or the settings" in said
    assert max(map(len, said.splitlines())) <= 100
    assert "zoe-7" not in said
    assert f"Next: plait fuse -c {tmp_path}/plait.yaml" in _run(tmp_path, GOOD).stdout.replace(
        "\n", ""
    )


def test_json_has_every_finding(tmp_path: Path) -> None:
    found = json.loads(_run(tmp_path, BAD, "--json").stdout)
    assert (found["ok"], found["level"]) == (False, "FAIL")
    times = next(f for f in found["findings"] if f["rule"] == "times")
    assert times["counts"] == {"bad_time": 1}
    assert set(times) == {"rule", "platform", "level", "headline", "counts", "examples", "fix"}


def test_a_sample_reads_the_first_rows(tmp_path: Path) -> None:
    found = json.loads(_run(tmp_path, GOOD + BAD, "--json", "--sample", "2").stdout)
    reads = next(f for f in found["findings"] if f["rule"] == "reads")
    assert (found["ok"], found["sample"], reads["counts"]["rows"]) == (True, 2, 2)


def test_it_writes_nothing(tmp_path: Path) -> None:
    _run(tmp_path, GOOD)
    assert {path.name for path in tmp_path.iterdir()} == {"plait.yaml", "log.csv"}
