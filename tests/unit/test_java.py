"""The tests of Spark find the Java that was installed for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import java


def _write_java(home: Path, version: str) -> Path:
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    (home / "bin" / "java").chmod(0o755)
    return home


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a Java 11 on PATH, and two folders where others may be."""
    old = _write_java(tmp_path / "old", "11.0.2")
    monkeypatch.setenv("PATH", f"{old / 'bin'}{os.pathsep}/bin:/usr/bin")
    monkeypatch.setenv("JAVA_HOME", "")  # so that it is put back afterwards
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setattr(java, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(java, "SYSTEM", tmp_path / "jvm")
    return tmp_path


def test_without_one_the_environment_stays_as_it_is(machine: Path) -> None:
    _write_java(machine / "jvm" / "java-25", "25.0.1")
    assert not java.use_java()
    assert "JAVA_HOME" not in os.environ


def test_one_that_was_kept_is_used(machine: Path) -> None:
    _write_java(machine / "jvm" / "java-25", "25.0.1")
    home = _write_java(machine / "kept" / "jdk-17.0.9+9-jre", "17.0.9")
    assert java.use_java()
    assert os.environ["JAVA_HOME"] == str(home)


def test_one_of_the_system_that_is_not_on_the_path_is_used(machine: Path) -> None:
    home = _write_java(machine / "jvm" / "java-21-openjdk", "21.0.4")
    assert java.use_java()
    assert os.environ["JAVA_HOME"] == str(home)
