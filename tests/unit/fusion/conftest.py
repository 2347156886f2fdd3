"""Fixtures of the road's tests."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from .small import Fuse, fuse_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the test's logs and project lie."""
    return tmp_path


@pytest.fixture
def fuse_here(folder: Path) -> Fuse:
    """Fuses a project of the given platforms whose files lie in `folder`."""
    return partial(fuse_in, folder)
