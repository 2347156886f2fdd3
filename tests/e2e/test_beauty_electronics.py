"""The example on real logs, as its user would run it: the bars of docs/quality.md hold."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.real, pytest.mark.timeout(2400)]


@pytest.fixture(scope="module")
def project(shared: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's project file, with its store in a folder of this test."""
    folder = tmp_path_factory.mktemp("checkout") / "main" / "examples" / "beauty_electronics"
    shutil.copytree(
        repository / "examples" / "beauty_electronics",
        folder,
        ignore=shutil.ignore_patterns(".plait"),
    )
    (folder.parents[2] / "shared").symlink_to(shared.parent)
    return folder / "plait.yaml"


def plait(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "plait.cli.main", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def fused(project: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(plait("fuse", "-c", project, "--json"))
    return record


def test_no_event_is_lost_and_every_person_is_found(fused: dict[str, Any]) -> None:
    text = json.dumps(fused)
    assert fused["events"] == 114_129, text
    assert fused["people"] == 4_474, text


def test_the_model_clears_the_bars_beside_both_baselines(
    project: Path, fused: dict[str, Any], tmp_path: Path
) -> None:
    plait("train", "-c", project, "--quiet")
    out, dump = tmp_path / "out.json", tmp_path / "ranks.parquet"
    plait("evaluate", "-c", project, "--protocol", "loo-999", "--json", out, "--dump", dump, "-q")
    report = json.loads(out.read_text())
    ndcg = {name: figures["ndcg@10"] for name, figures in report["platforms"].items()}
    assert ndcg["beauty"] >= 0.180
    assert ndcg["electronics"] >= 0.115
    for baseline in report["baselines"].values():
        assert all(ndcg[name] > 1.5 * baseline[name]["ndcg@10"] for name in ndcg)
    assert report["platforms"]["beauty"]["n"] + report["platforms"]["electronics"]["n"] == 4_474

    answer = json.loads(
        plait("recommend", "-c", project, "--platform", "beauty", "--account",
              "A00473363TJ8YSZ3YAGG9", "-k", "5", "--json")
    )  # fmt: skip
    assert len(answer["items"]) == 5
    assert answer["fallback"] is None
    for item in answer["items"]:
        assert sum(item["terms"].values()) == pytest.approx(item["score"], abs=1e-4)
