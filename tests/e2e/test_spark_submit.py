"""The job under spark-submit, from a directory that is not the repository."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from plait.store import Store
from plait.world.build_world import build_world
from plait.world.write_world import write_world

from .spark_cluster import SPARK, environment, two_workers

pytestmark = pytest.mark.slow
PEOPLE = 120


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(build_world(people=PEOPLE, seed=3), tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def job(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """jobs/fuse.py alone, copied out of the repository."""
    copied = tmp_path_factory.mktemp("job") / "fuse.py"
    copied.write_text((repository / "jobs" / "fuse.py").read_text())
    return copied


@pytest.fixture(scope="module")
def archive(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as a zip."""
    made = tmp_path_factory.mktemp("zip") / "plait.zip"
    with zipfile.ZipFile(made, "w") as file:
        for path in (repository / "lib").rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                file.write(path, path.relative_to(repository / "lib"))
    return made


def _submit(
    job: Path, code: Path, config: Path, cwd: Path, master: str
) -> subprocess.CompletedProcess[str]:
    command = [
        str(SPARK / "bin" / "spark-submit"),
        *("--master", master, "--py-files", str(code), "--conf", "spark.ui.enabled=false"),
        *("--conf", "spark.executor.memory=512m", "--conf", "spark.driver.host=127.0.0.1"),
        *(str(job), "-c", str(config), "--engine", "spark"),
    ]
    return subprocess.run(command, env=environment(), cwd=cwd, capture_output=True, text=True)


def _check(done: subprocess.CompletedProcess[str], config: Path) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    store = Store(config.parent / ".plait")
    assert printed["version"] == store.current().number
    assert printed["events"] == store.read("events").height > 0
    return printed


def test_a_wheel_on_this_machine(job: Path, config: Path, repository: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(repository)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("plait-*.whl")
    _check(_submit(job, wheel, config, tmp_path, "local[2]"), config)


def test_a_zip_on_a_master_with_two_workers(
    job: Path, config: Path, archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "cluster").mkdir()
    with two_workers(tmp_path / "cluster") as master:
        done = _submit(job, archive, config, tmp_path, master)
        printed = _check(done, config)
        # Both workers ran an executor.
        assert all(list((tmp_path / "cluster" / f"work-{n}").rglob("stderr")) for n in range(2))

        raw = yaml.safe_load(config.read_text())
        raw["platforms"]["video"]["events"]["columns"]["dwell"] = "watched"
        wrong = config.with_name("wrong.yaml")
        wrong.write_text(yaml.safe_dump(raw))
        bad = _submit(job, archive, wrong, tmp_path, master)
    assert printed["rows"] > printed["events"]
    assert bad.returncode == 2
    # spark-submit sends both streams of the job to its standard output.
    said = bad.stdout.strip().splitlines()[-1]
    assert said.startswith("UnknownColumn: platform 'video' has no column 'watched'")
    assert "Did you mean 'watched_s'?" in said
    assert "Traceback" not in bad.stdout
    assert Store(config.parent / ".plait").current().number == printed["version"]
