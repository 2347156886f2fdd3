"""Leased folders for spilled rows, on a volume that runs on other machines may share.

Each folder `spill-<id>` has a lease file `spill-<id>.lease`. Its run keeps the file locked and
touches it every few seconds. A process id would be meaningless in another container. When a run
dies, the kernel releases the lock at once, and every container of that kernel sees it. Between
machines, locks may not work, depending on the volume. There, the modification time counts.
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
LEASE_SECONDS = 300.0  # a run on another machine is dead if it did not touch its lease for so long
_UNLEASED_S = 86_400.0  # the same for a folder of an older plait, which has no lease
_SUFFIX = ".lease"


class LeasedFolder:
    """A folder of this run. Other runs do not remove it until `close`, or until this process ends.

    Attributes:
        folder: the path of the folder. The writer creates the folder.

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
        except BlockingIOError:  # another run is removing it, because it was not locked yet
            os.close(self._held)
            return False
        except OSError:  # a volume without locks: only the modification time counts
            pass
        if os.fstat(self._held).st_nlink == 0:  # another run removed it before it was locked
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
        """Whether another run found the lease expired, and removed the folder."""
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
            except OSError:  # removed by another run, or the volume is gone: readers get an error
                continue


def remove_abandoned(parent: Path) -> None:
    """Removes the folders and leases of dead runs in `parent`."""
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
    """Removes the folder of the lease `file`, and the lease, if its run is dead."""
    try:
        held = os.open(file, os.O_RDWR)
    except OSError:
        return  # its run has ended, or it belongs to another user
    try:
        locks = True
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        except OSError:
            locks = False
        boot_id = os.pread(held, 128, 0).decode(errors="replace")
        if (locks and boot_id and boot_id == _boot_id()) or now - _modified(
            file, now
        ) > LEASE_SECONDS:
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
    """Returns the time of the volume, whose clock may differ from that of this machine."""
    probe = parent / f"clock-{uuid.uuid4().hex}"
    try:
        probe.touch()
        return probe.stat().st_mtime
    except OSError:
        return time.time()
    finally:
        probe.unlink(missing_ok=True)


def _boot_id() -> str:
    """Returns the id of this boot of the kernel. Locks work between processes with the same id."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""  # unknown: never equal to another
