"""One book for the whole run, printed as the very last thing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .book import Book
from .logs import write_project

_BOOK = pytest.StashKey[Book]()


@pytest.hookimpl(tryfirst=True)  # before the items are chosen by their marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.faults)


@pytest.fixture(scope="session")
def book(request: pytest.FixtureRequest) -> Book:
    """Where every test of this folder notes what it broke."""
    return request.config.stash.setdefault(_BOOK, Book())


def pytest_unconfigure(config: pytest.Config) -> None:
    book = config.stash.get(_BOOK, None)
    if book is not None:
        print("\n".join(["", *book.table(), "", book.last_line()]))  # noqa: T201


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """The project file of two platforms with logs, bad rows, repeats and corrections."""
    yield write_project(tmp_path / "project")
