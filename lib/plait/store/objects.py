"""Where a store's bytes lie."""

from __future__ import annotations

import os
from pathlib import Path

from obstore.store import LocalStore

from plait.errors import StoreError


def open_objects(root: Path) -> LocalStore:
    """Returns the object store rooted at the folder `root`, made if missing.

    Raises:
        StoreError: the folder cannot be made or written.
    """
    fix = "Set `store:` to a folder you may write, or mend its permissions."
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the store '{root}' ({error.strerror}).", fix=fix) from None
    if not os.access(root, os.W_OK | os.X_OK):
        raise StoreError(f"the store '{root}' cannot be written.", fix=fix)
    return LocalStore(prefix=root)
