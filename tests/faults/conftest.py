"""What every test of this folder breaks, and the book it notes that in."""

from __future__ import annotations

from pathlib import Path

import pytest

# By its whole name, as tests/conftest.py knows it: a process keeps one book.
from tests.faults.account import book_of
from tests.faults.book import Book

from .logs import write_project


@pytest.fixture(scope="session")
def book(request: pytest.FixtureRequest) -> Book:
    """Where every test of this folder notes what it broke."""
    return book_of(request.config)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project file of two platforms with logs, bad rows, repeats and corrections."""
    return write_project(tmp_path / "project")
