"""Folders for what a run sets aside on a volume that runs of other machines may share.

A folder `spill-<id>` has a lease beside it, `spill-<id>.lease`: a file that its run keeps locked
and touches every few seconds. A process id would say nothing to another container. A lock is
let go by the kernel the moment a run dies, and seen by every container of that kernel. Between
machines locks need not work (it depends on the volume), but the touches are seen.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
import uuid
from pathlib import Path
from threading import Event, Thread

TOUCH_SECONDS = 10.0
LEASE_SECONDS = 300.0  # without a touch, after which a run of another machine is dead
_UNLEASED_S = 86_400.0  # what a plait of before left, which had no leases
_SUFFIX = ".lease"


class LeasedFolder:
    """A folder of this run's own: nobody sweeps it until `close`, or until this process ends.

    Attributes:
        folder: the folder; it is made by who writes into it.

    Raises:
        OSError: the volume cannot be written.
    """

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(parent)
        while not self._take(parent / f"spill-{uuid.uuid4().hex}"):
            continue
        self._stop = Event()
        Thread(target=self._touch, name="lease", daemon=True).start()

    def _take(self, folder: Path) -> bool:
        self.folder = folder
        self._file = folder.with_name(folder.name + _SUFFIX)
        self._held = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # it is being swept: it looked dead before it was locked
            os.close(self._held)
            return False
        except OSError:  # a volume without locks: touches alone tell
            pass
        if os.fstat(self._held).st_nlink == 0:  # it was swept before it was locked
            os.close(self._held)
            return False
        os.write(self._held, _boot_id().encode())
        return True

    def __enter__(self) -> LeasedFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_lost(self) -> bool:
        """Whether another machine took this run for dead and removed what it set aside."""
        return not self._file.exists()

    def close(self) -> None:
        """Removes the folder and the lease."""
        if not self._stop.is_set():
            self._stop.set()
            shutil.rmtree(self.folder, ignore_errors=True)
            self._file.unlink(missing_ok=True)
            os.close(self._held)

    def _touch(self) -> None:
        while not self._stop.wait(TOUCH_SECONDS):
            try:
                os.utime(self._file)
            except OSError:  # swept, or a volume that is gone: whoever reads is told
                continue


def remove_abandoned(parent: Path) -> None:
    """Removes what runs that died left in `parent`."""
    leases = list(parent.glob(f"spill-*{_SUFFIX}"))
    leased = {file.name.removesuffix(_SUFFIX) for file in leases}
    unleased = [f for f in parent.glob("spill-*") if f.suffix != _SUFFIX and f.name not in leased]
    now = _volume_time(parent) if leases or unleased else 0.0
    for file in leases:
        _remove_if_abandoned(file, now)
    for folder in unleased:
        if (
            now - _modified(folder, now) > _UNLEASED_S
            and not folder.with_name(folder.name + _SUFFIX).exists()
        ):
            shutil.rmtree(folder, ignore_errors=True)


def _remove_if_abandoned(file: Path, now: float) -> None:
    """Removes what the lease `file` is for, and the lease, if its run is dead."""
    try:
        held = os.open(file, os.O_RDWR)
    except OSError:
        return  # it ended meanwhile, or is another user's
    try:
        locks = True
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        except OSError:
            locks = False
        said = os.pread(held, 128, 0).decode(errors="replace")
        if (locks and said and said == _boot_id()) or now - _modified(file, now) > LEASE_SECONDS:
            shutil.rmtree(file.with_name(file.name.removesuffix(_SUFFIX)), ignore_errors=True)
            file.unlink(missing_ok=True)
    finally:
        os.close(held)


def _modified(path: Path, now: float) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return now


def _volume_time(parent: Path) -> float:
    """Returns the time on the volume's clock: that of another machine may be another's."""
    probe = parent / f"clock-{uuid.uuid4().hex}"
    try:
        probe.touch()
        return probe.stat().st_mtime
    except OSError:
        return time.time()
    finally:
        probe.unlink(missing_ok=True)


def _boot_id() -> str:
    """Returns what tells this kernel's life from every other: locks are seen all over it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""  # no two are known to be the same
