"""Files of one platform, written by a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plait.sources.files.source_file import SourceFile

WriteSource = Callable[..., SourceFile]


@pytest.fixture
def write_source(tmp_path: Path) -> WriteSource:
    """Returns a function that writes bytes to a file and returns it as a source."""

    def write(content: bytes, name: str = "log.csv") -> SourceFile:
        path = tmp_path / name
        path.write_bytes(content)
        return SourceFile(path, name, "csv", "platforms.shop.events", len(content), 0.0)

    return write
