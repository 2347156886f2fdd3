"""The disk under the store fills up at every stage of a fuse."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plait.fusion.fuse_logs import fuse
from plait.store import Store

from .book import Book
from .check import assert_balanced, assert_same, rows_of
from .logs import write_logs

KIB = 1024


@pytest.fixture
def disk(project: Path) -> Iterator[Path]:
    """A small disk of its own (tmpfs) where the project's store lies."""
    place = project.with_name("store")
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "plait-faults", place],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode and "MAY_MOUNT" not in os.environ:
        pytest.skip(
            f"no small disk can be mounted here ({mounted.stderr.strip()}): that needs root or a "
            "namespace of its own, which `make test-faults` takes where the kernel grants one"
        )
    assert mounted.returncode == 0, mounted.stderr
    yield place
    subprocess.run(["umount", place], check=True)


def _leave(disk: Path, free: int) -> None:
    """Fills `disk` until `free` bytes are left."""
    about = os.statvfs(disk)
    (disk / "ballast").write_bytes(b"\0" * max(0, about.f_bavail * about.f_frsize - free))


def test_a_full_disk_is_said_and_loses_nothing(project: Path, disk: Path, book: Book) -> None:
    base = fuse(project)
    store = Store(disk)
    old = rows_of(store, base)
    write_logs(project.parent, 2)
    shutil.copytree(disk, project.with_name("base"))
    begun = _used(disk)
    new_version = fuse(project)
    new = rows_of(store, new_version)
    needed = _used(disk) - begun
    command = [sys.executable, "-m", "plait.cli.main", "fuse", "-c", project, "-q"]
    failed = 0
    for step in range(8):
        for left in disk.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        shutil.copytree(project.with_name("base"), disk, dirs_exist_ok=True)
        _leave(disk, needed * step // 8)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        store = Store(disk)
        assert_same(rows_of(store, store.version(base.number)), old)
        if done.returncode:
            failed += 1
            assert done.returncode == 2, done.stderr
            assert "StoreError" in done.stderr, done.stderr
            assert "Traceback" not in done.stderr, done.stderr
            assert store.current().number == base.number
        (disk / "ballast").unlink()
        version = fuse(project)  # the same again; where it was published, nothing is new
        assert version.number == base.number + 1
        assert_same(rows_of(Store(disk), version), new)
        assert_balanced(version)
    assert failed >= 6, "the disk was not small enough to fill up"
    book.injected("fuse", "disk full", failed)


def _used(disk: Path) -> int:
    about = os.statvfs(disk)
    return (about.f_blocks - about.f_bfree) * about.f_frsize
