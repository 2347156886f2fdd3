"""A run that is killed while it publishes goes on to one version, not to two."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from plait.store import Registry, Store
from tests.e2e.tiny_project import environment, train_apart, write_project

from .book import Book

KILL_AT = Path(__file__).with_name("kill_at.py")


def _points(file: Path, when: str, number: int) -> tuple[int, list[str]]:
    """Returns the exit code of a run killed at point `number`, and the points it reached."""
    points = file.parent / "points"
    points.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, KILL_AT, points, when, str(number), "train", "-c", file, "--quiet"],
        env=environment(), capture_output=True, check=False, timeout=300,
    )  # fmt: skip
    return done.returncode, points.read_text().splitlines()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """The numbers of the points at which a run writes into the registry."""
    file = write_project(tmp_path_factory.mktemp("counted"), 60, epochs=1, dimensions=8)
    code, points = _points(file, "before", 0)
    assert code == 0
    return [number for number, point in enumerate(points, 1) if point == "models"]


@pytest.mark.parametrize("place", [0, -2, -1])  # the claim, the manifest, the alias
def test_a_run_killed_while_it_publishes_has_one_version(
    tmp_path: Path, published: list[int], place: int, book: Book
) -> None:
    file = write_project(tmp_path, 60, epochs=1, dimensions=8)
    code, _ = _points(file, "after", published[place])
    assert code == -signal.SIGKILL
    result = train_apart(file, "--resume")
    registry = Registry(Store(tmp_path / "store"))
    assert result["version"] == registry.current("default") == "v1"
    assert registry.versions("default") == ["v1"]
    registry.fetch("default")
    book.injected("train", "SIGKILL while the version is published")
