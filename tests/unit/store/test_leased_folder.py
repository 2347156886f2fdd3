"""What a run sets aside on a shared volume is cleared away when the run is dead, not before."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plait.store.leased_folder import LEASE_SECONDS, LeasedFolder, remove_abandoned

HOLD = """
import sys
from pathlib import Path
from plait.store.leased_folder import LeasedFolder
lease = LeasedFolder(Path(sys.argv[1]))
lease.folder.mkdir()
(lease.folder / "rows").touch()
print(lease.folder.name, flush=True)
sys.stdin.read()
"""
# A container: its process ids mean nothing here.
APART = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]


@contextmanager
def held(place: Path, *around: str) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """Yields a folder that a process of its own has leased, and the process."""
    process = subprocess.Popen(
        [*around, sys.executable, "-c", HOLD, place],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        yield place / process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.mark.parametrize("around", [[], APART], ids=["here", "in a container"])
def test_a_live_run_is_spared_and_a_killed_one_is_swept(tmp_path: Path, around: list[str]) -> None:
    with held(tmp_path, *around) as (folder, process):
        remove_abandoned(tmp_path)
        with LeasedFolder(tmp_path) as mine:
            assert mine.folder != folder
        assert (folder / "rows").exists()
        process.kill()
        process.wait()
        until = time.monotonic() + 10
        while folder.exists() and time.monotonic() < until:
            remove_abandoned(tmp_path)
            time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []


def left_by(tmp_path: Path, said: str, seconds: float) -> Path:
    """Makes a folder as a run leaves it that said `said` and was last seen `seconds` ago."""
    folder = tmp_path / "spill-0123456789abcdef"
    folder.mkdir()
    (folder / "rows").touch()
    lease = tmp_path / "spill-0123456789abcdef.lease"
    lease.write_text(said)
    os.utime(lease, (time.time() - seconds,) * 2)
    return folder


@pytest.mark.parametrize("said", ["another-kernel", ""])
def test_a_run_of_another_machine_is_dead_after_its_lease(tmp_path: Path, said: str) -> None:
    folder = left_by(tmp_path, said, LEASE_SECONDS - 60)
    remove_abandoned(tmp_path)
    assert (folder / "rows").exists()
    os.utime(tmp_path / f"{folder.name}.lease", (time.time() - LEASE_SECONDS - 60,) * 2)
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_stands_still_is_not_dead(tmp_path: Path) -> None:
    """Stopped, or starved: it has not touched its lease for long, and still holds the lock."""
    with held(tmp_path, *APART) as (folder, _):
        os.utime(tmp_path / f"{folder.name}.lease", (0, 0))
        remove_abandoned(tmp_path)
        assert (folder / "rows").exists()


def test_a_live_run_touches_its_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait.store.leased_folder.TOUCH_SECONDS", 0.02)
    with LeasedFolder(tmp_path) as mine:
        lease = mine.folder.with_name(mine.folder.name + ".lease")
        os.utime(lease, (0, 0))
        until = time.monotonic() + 10
        while not lease.stat().st_mtime and time.monotonic() < until:
            time.sleep(0.01)
        assert lease.stat().st_mtime > 0


def test_what_a_plait_without_leases_left_goes_after_a_day(tmp_path: Path) -> None:
    """Its name holds a process id, which may be that of a live run in another container."""
    folder = tmp_path / "spill-999999999-0123"
    folder.mkdir()
    remove_abandoned(tmp_path)
    assert folder.exists()
    os.utime(folder, (time.time() - 90_000,) * 2)
    remove_abandoned(tmp_path)
    assert not folder.exists()
