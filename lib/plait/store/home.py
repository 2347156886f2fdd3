"""Where copies are kept that another run may use again: the user's cache, or else TMPDIR."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from plait.store.local_folders import own_folder, own_path


def cache_folder() -> Path:
    """Returns plait's folder in XDG_CACHE_HOME or ~/.cache; where it cannot be made, one in TMPDIR.

    Raises:
        StoreError: neither can be made.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plait"
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    except (OSError, RuntimeError):  # not writable, or a user without a home
        pass
    return own_folder(own_path(tempfile.gettempdir()) / "cache")
