"""The book of a session: one a process, the books of several workers added up, printed last."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.book import Book

_BOOK = pytest.StashKey[Book]()
_SENT = "faults"  # what a worker of pytest-xdist sends its book under


def book_of(config: pytest.Config) -> Book:
    """Returns the book of this process, which is opened when it is first asked for."""
    return config.stash.setdefault(_BOOK, Book())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker sends its book to the process that started it."""
    book, sent = (
        session.config.stash.get(_BOOK, None),
        getattr(session.config, "workeroutput", None),
    )
    if book is not None and sent is not None:
        sent[_SENT] = book.as_plain()


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_testnodedown(node: Any) -> None:
    """A worker ended: its book is added to the others."""
    sent = getattr(node, "workeroutput", {}).get(_SENT)
    if sent is not None:
        book_of(node.config).add(Book.from_plain(sent))


def pytest_unconfigure(config: pytest.Config) -> None:
    """The table and the sum are the last lines of the run."""
    book = config.stash.get(_BOOK, None)
    if book is not None and not hasattr(config, "workeroutput"):
        print("\n".join(["", *book.table(), "", book.last_line()]))  # noqa: T201
