"""Fuses of one store at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from plait.fusion.fuse_logs import fuse
from plait.store import Store

from .book import Book
from .check import assert_balanced, assert_same, rows_of
from .logs import write_logs

# Processes start seconds apart on a busy machine, so each says that it is loaded and waits.
_LOADED = """
import sys
from plait.cli.main import main
import plait.fusion.fuse_logs
print("loaded", flush=True)
sys.stdin.readline()
main()
"""


def _at_once(file: Path, runs: int) -> tuple[list[int], list[str]]:
    """Fuses in that many processes; returns their exit codes and what they said."""
    command = [sys.executable, "-c", _LOADED, "fuse", "-c", file, "-q"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [subprocess.Popen(command, text=True, **pipes) for _ in range(runs)]
    for run in started:
        assert run.stdout and run.stdout.readline() == "loaded\n"
    for run in started:
        assert run.stdin
        run.stdin.write("\n")
        run.stdin.flush()
    said = [run.communicate()[1] for run in started]
    return [run.returncode for run in started], said


def test_the_second_refuses_and_nothing_is_mixed(project: Path, book: Book) -> None:
    base = fuse(project)
    refused = 0
    for part in (2, 3, 4):
        write_logs(project.parent, part)
        codes, said = _at_once(project, 3)
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
