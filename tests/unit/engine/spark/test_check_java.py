"""Whoever asks for Spark without its Java is told which one, and how to get it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from plait.engine.spark.check_java import check_java
from plait.errors import MissingJava


def _java(folder: Path, says: str) -> Path:
    """Writes a `java` that says its version as Java does: on stderr."""
    (folder / "bin").mkdir()
    java = folder / "bin" / "java"
    java.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    java.chmod(0o755)
    return java.parent


@pytest.mark.parametrize(
    ("says", "major"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('openjdk version "21" 2023-09-19 LTS', 21)],
)
def test_the_java_on_the_path_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, major: int
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{_java(tmp_path, says)}{os.pathsep}/bin:/usr/bin")
    assert check_java() == major


@pytest.mark.parametrize(
    ("says", "major"), [('java version "1.8.0_392"', 8), ('openjdk version "11.0.2"', 11)]
)
def test_a_java_that_spark_does_not_run_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, major: int
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_java(tmp_path, says).parent))
    with pytest.raises(MissingJava, match=rf"is Java {major}\. Spark needs Java 17 or 21\."):
        check_java()


def test_something_else_that_is_called_java(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_java(tmp_path, "a coffee").parent))
    with pytest.raises(MissingJava, match="does not report its Java version"):
        check_java()


def test_no_java_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingJava, match=r"no java in PATH.*apt-get install openjdk-17"):
        check_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingJava, match="no java in JAVA_HOME"):
        check_java()


def test_plait_fuse_says_so_too(tmp_path: Path) -> None:
    (tmp_path / "plait.yaml").write_text(
        "store: s\nplatforms: {a: {events: {files: a.csv, columns: {account: u, item: i, "
        "time: t}, type: view}}}\n"
    )
    command = [sys.executable, "-m", "plait.cli.main", "fuse", "--engine", "spark"]
    done = subprocess.run(
        [*command, "-c", str(tmp_path / "plait.yaml")],
        env=os.environ | {"JAVA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == MissingJava.exit_code
    assert done.stderr.startswith("MissingJava: there is no java in JAVA_HOME")
