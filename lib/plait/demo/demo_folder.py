"""Where the demo lives: a folder that only the demo ever empties."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from plait.config import Project
from plait.errors import PlaitError

_MARKER_FILE = ".made-by-plait-demo"


class FolderTaken(PlaitError):
    """The folder holds something that the demo did not put there."""


def empty_folder(folder: Path) -> None:
    """Makes `folder`, or empties it if an earlier demo made it.

    Raises:
        FolderTaken: it holds other files, or cannot be written.
    """
    try:
        if folder.is_dir() and any(folder.iterdir()):
            if not (folder / _MARKER_FILE).exists():
                raise FolderTaken(
                    f"'{folder}' is not empty, and no demo made it.",
                    fix="Name another folder: plait demo --folder FOLDER",
                )
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARKER_FILE).write_text("plait demo empties this folder when it runs again.\n")
    except OSError as error:
        raise FolderTaken(
            f"cannot write '{folder}' ({error.strerror}).",
            fix="Name another folder: plait demo --folder FOLDER",
        ) from None


def write_demo_key(project: Project, seed: int) -> None:
    """Writes a pseudonym key that follows from `seed`, so that equal seeds give equal runs.

    A real project's key is random and made by the first `plait fuse`.
    """
    path = project.store_path / "pseudonym.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(hashlib.sha256(f"plait demo {seed}".encode()).hexdigest() + "\n")
