"""Local folders of model versions: in a local store, or a cached copy from S3."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from plait.store.finite_numbers import find_nonfinite
from plait.store.local_folders import cache_folder
from plait.store.location import Location
from plait.store.model_manifest import damaged, digest
from plait.store.safe_names import check_name
from plait.store.store_objects import check_inside, read_object


class ModelCache:
    """Provides a local folder for each version, and checks every file against the manifest."""

    def __init__(self, location: Location) -> None:
        self._location = location

    def fetch(self, home: str, manifest: dict[str, Any]) -> Path:
        """Returns a folder with the files of the version at `home`.

        Raises:
            DamagedVersion: a file is missing, differs from the manifest, or has numbers that are
                not finite.
            StoreError: a file is a link that leads out of the store.
        """
        folder = self._folder(home)
        for name, expected in manifest["files"].items():
            path = folder / check_name(name)
            if self._location.is_local:
                check_inside(self._location.objects, f"{home}/{name}")
            elif path.is_symlink() or not (path.is_file() and _has_digest(path, expected)):
                self._copy(f"{home}/{name}", path)
            if not path.is_file():
                raise damaged(home, f"'{name}' is missing")
            data = path.read_bytes()
            if digest(data) != expected:
                raise damaged(home, f"'{name}' differs from its checksum")
            if fault := find_nonfinite(name, data):
                raise damaged(home, f"{fault} are not finite")
        return folder

    def _folder(self, home: str) -> Path:
        if self._location.is_local:
            return Path(self._location.uri) / home
        mark = hashlib.sha256(self._location.uri.encode()).hexdigest()[:16]
        return cache_folder() / mark / home

    def _copy(self, source: str, path: Path) -> None:
        """Downloads to a temporary file and renames it, so that no reader sees half a file."""
        try:
            data = read_object(self._location.objects, source)
        except FileNotFoundError:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as temporary:
            temporary.write(data)
        Path(temporary.name).replace(path)


def _has_digest(path: Path, expected: str) -> bool:
    return digest(path.read_bytes()) == expected
