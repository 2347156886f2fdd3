"""Two fuses of one store at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from plait.fusion.run import fuse
from plait.store import Store

from .book import Book
from .check import assert_balanced, assert_same, rows_of
from .logs import write_logs


def test_the_second_refuses_and_nothing_is_mixed(project: Path, book: Book) -> None:
    base = fuse(project)
    command = [sys.executable, "-m", "plait.cli.main", "fuse", "-c", project, "-q"]
    refused = 0
    for part in (2, 3, 4):
        write_logs(project.parent, part)
        runs = [
            subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        said = [run.communicate()[1] for run in runs]
        codes = [run.returncode for run in runs]
        assert 0 in codes, said
        for code, words in zip(codes, said, strict=True):
            if code:
                refused += 1
                assert code == 2, words
                assert "another run" in words, words
        store = Store(project.parent / "store")
        version = store.current()
        assert_balanced(version)
        # What was published is what one run alone makes of all the files.
        alone = fuse(project, full=True)
        assert alone.number == version.number + 1
        assert_same(rows_of(store, alone), rows_of(store, version))
        assert_same(rows_of(store, store.version(base.number)), rows_of(store, base))
    book.injected("fuse", "three runs on one store at once", 3)
    assert refused, "the runs never met"
