"""The manifest of a model version: the SHA-256 of each file. It is written last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from plait.errors import DamagedVersion
from plait.store.safe_names import UnsafeName, check_name
from plait.store.store_objects import ObjectStore, read_object

MANIFEST = "manifest.json"


def build_manifest(files: Mapping[str, bytes]) -> bytes:
    """Returns the manifest of `files` (name to content)."""
    manifest = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": {name: digest(data) for name, data in files.items()},
    }
    return json.dumps(manifest, indent=1).encode()


def read_manifest(objects: ObjectStore, home: str) -> dict[str, Any]:
    """Returns the manifest of the version at `home`.

    Raises:
        DamagedVersion: the manifest cannot be parsed, or has a name that is not a plain file name.
    """
    try:
        manifest = json.loads(read_object(objects, f"{home}/{MANIFEST}"))
        files = {
            check_name(name): str(digest_) for name, digest_ in dict(manifest["files"]).items()
        }
        return {"created": str(manifest["created"]), "files": files}
    except UnsafeName as error:
        raise damaged(home, f"'{MANIFEST}' names a file, but {error}") from None
    except (ValueError, KeyError, TypeError, FileNotFoundError):
        raise damaged(home, f"'{MANIFEST}' cannot be read") from None


def digest(data: bytes) -> str:
    """Returns the SHA-256 of `data` in hex."""
    return hashlib.sha256(data).hexdigest()


def damaged(home: str, what: str) -> DamagedVersion:
    """Returns the error for a version whose files differ from the published ones."""
    _, name, version = home.split("/")
    return DamagedVersion(
        f"model '{name}' {version}: {what}.",
        fix="Go back with `plait models rollback`, or train again with `plait train`.",
    )
