"""Servers and projects that whole tests share."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from plait.config import load_config
from plait.live import LiveState
from plait.live.valkey import EmbeddedValkey
from plait.serving.setup import connect

# The fast lane's small project, whose file is no package.
_spec = importlib.util.spec_from_file_location(
    "small_project", Path(__file__).parent.parent / "unit" / "conftest.py"
)
assert _spec and _spec.loader
sys.modules["small_project"] = _module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
small = _module.small


@pytest.fixture(scope="session")
def small_file(small: Any) -> Path:
    """The project file of `small`."""
    written = small.project.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    file = small.project.path("plait.yaml")
    file.write_text(yaml.safe_dump(written))
    return file


@pytest.fixture(scope="module")
def own_file(small_file: Path) -> Iterator[Path]:
    """A copy of `small` that a module may change."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(small_file.parent, copy)
        yield copy / "plait.yaml"


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A running Valkey over an empty folder."""
    with EmbeddedValkey(tmp_path / "live") as server:
        yield server


@pytest.fixture
def state(valkey: EmbeddedValkey, own_file: Path) -> LiveState:
    """Live state in `valkey`, of the project `own_file`."""
    return connect(load_config(own_file), valkey.address)
