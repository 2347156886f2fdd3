"""Fuse is killed at every write, every commit and the publication."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plait.fusion.fuse_logs import fuse
from plait.identity.assertions.identity_log import open_log, read_history
from plait.live.stream_entries import decode_links, encode_link
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog

from .book import Book
from .check import assert_balanced, assert_same, rows_of
from .logs import write_feedback, write_logs

KILLER = Path(__file__).with_name("kill_at.py")


def _run(file: Path, when: str = "before", number: int = 0) -> tuple[int, list[str]]:
    """Runs `plait fuse`; returns its exit code and the points it reached."""
    points = file.with_name(f"points-{when}-{number}")
    command = [sys.executable, KILLER, points, when, str(number), "fuse", "-c", file, "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, points.read_text().splitlines()


def _first_and_last(points: list[str]) -> list[tuple[int, str]]:
    """Returns the first and the last moment of every kind of point."""
    numbered = list(enumerate(points, 1))
    first = {point: number for number, point in reversed(numbered)}
    last = {point: number for number, point in numbered}
    return [(n, point) for n, point in numbered if n in (first[point], last[point])]


def _moments(points: list[str], when: str) -> list[tuple[int, str]]:
    """Returns the moments to die before, or those to die after as well.

    What lies in the store after a moment is what lies there before the next one.
    """
    before = _first_and_last(points)
    if when == "before":
        return before
    known = {number for number, _ in before}
    return [(n, point) for n, point in before if n + 1 not in known or point == "publication"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_whatever_moment_fuse_dies_at_nothing_is_lost(project: Path, book: Book, when: str) -> None:
    folder = project.parent
    base = fuse(project)
    old = rows_of(Store(folder / "store"), base)
    write_logs(folder, 2)
    write_feedback(project, 40)  # enough objects to be compacted on the way
    link = encode_link(*((f"a_0000_{n:032d}", "shop") for n in (1, 2)), datetime.now(UTC))
    FeedbackLog(Store(folder / "store")).write_links(decode_links([link, link]), "1-0_1-1")
    shutil.copytree(folder / "store", folder / "base")
    code, points = _run(project)
    assert code == 0
    store = Store(folder / "store")
    new = rows_of(store, store.current())
    assert store.current().number == base.number + 1
    assert new["events"].height > old["events"].height
    assert "publication" in points
    assert {"commit of events", "part of sequences", "rows spilled"} <= set(points)
    assert {"part of impressions", "commit of impressions"} <= set(points)
    assert new["impressions"]["events"].to_list() == [1] * 40
    assert {"part of the feedback log", "index of the feedback log"} <= set(points)
    assert "entry of the identity log" in points
    for number, point in _moments(points, when):
        shutil.rmtree(folder / "store")
        shutil.copytree(folder / "base", folder / "store")
        code, reached = _run(project, when, number)
        assert code == -signal.SIGKILL, (point, reached)
        store = Store(folder / "store")
        published = point == "pointer" or (point == "publication" and when == "after")
        assert store.current().number == base.number + published
        assert_same(rows_of(store, store.current()), new if published else old)
        assert_same(rows_of(store, store.version(base.number)), old)
        version = fuse(project)  # the same again; where it was published, nothing is new
        assert version.number == base.number + 1
        assert_same(rows_of(store, version), new)
        assert_balanced(version)
        assert read_history(store).assertions.height == 2
        assert open_log(store).read().end == 1
        book.injected("fuse", f"SIGKILL {when} {point}")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_while_compacted_objects_are_removed_loses_nothing(
    project: Path, book: Book, when: str
) -> None:
    write_feedback(project, 40)
    old = fuse(project)
    store = Store(project.parent / "store")
    rows = rows_of(store, old)
    index = project.parent / "store/feedback/index/events/00000001.json"
    record = json.loads(index.read_text())
    record["replaced"] = dict.fromkeys(record["replaced"], "2025-01-01T00:00:00+00:00")  # long ago
    index.write_text(json.dumps(record))
    code, points = _run(project, when, 20)
    assert code == -signal.SIGKILL, points
    assert points[-1] == "removal from feedback"
    book.injected("fuse", f"SIGKILL {when} removal from feedback")
    assert fuse(project).number == old.number  # nothing is new
    version = fuse(project, full=True)
    again = rows_of(store, version)
    assert_same({name: rows[name] for name in ("events", "sequences")}, again)
    assert_balanced(version)
    assert len(list((project.parent / "store/feedback/events").iterdir())) == 1
