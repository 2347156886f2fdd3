"""The books of two processes, added up, say what one book would have said."""

from __future__ import annotations

import json

from .book import Book


def test_books_of_several_workers_add_up() -> None:
    whole, parts = Book(), [Book(), Book()]
    for number, part in enumerate(parts, 1):
        for book in (whole, part):
            book.injected("fuse", "disk full", number)
            book.injected("S3", f"fault {number}")
            book.accepted += 10 * number
            book.once += 10 * number - 1
    total = Book()
    for part in parts:
        total.add(Book.from_plain(json.loads(json.dumps(part.as_plain()))))
    assert total == whole
    assert total.table() == whole.table()
    assert total.last_line() == "5 faults injected, 30 events accepted, 28 found once, 2 lost"
