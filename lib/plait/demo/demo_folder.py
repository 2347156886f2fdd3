"""The demo's folder. The demo only empties folders that it created."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from plait.config import Project
from plait.errors import PlaitError

_MARKER_FILE = ".made-by-plait-demo"


class FolderTaken(PlaitError):
    """The folder contains something that the demo did not write."""


def empty_folder(folder: Path) -> None:
    """Creates `folder`, or empties it if an earlier demo created it.

    Raises:
        FolderTaken: it contains other files, or cannot be written.
    """
    try:
        if folder.is_dir() and any(folder.iterdir()):
            if not (folder / _MARKER_FILE).exists():
                raise FolderTaken(
                    f"'{folder}' is not empty, and no demo created it.",
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
    """Writes a pseudonym key derived from `seed`, so that equal seeds give equal runs.

    A real project's key is random and created by the first `plait fuse`.
    """
    path = project.store_path / "pseudonym.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(hashlib.sha256(f"plait demo {seed}".encode()).hexdigest() + "\n")
