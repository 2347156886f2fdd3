"""A Ray of this machine alone: on loopback, its sockets where their paths are short enough."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from plait.store.local_folders import MAX_SOCKET_PATH_BYTES, socket_folder

_SOCKET_PATH = "ray/session_2026-01-01_00-00-00_000000_0000000/sockets/plasma_store"


def keep_ray_on_loopback() -> None:
    """Keeps every port of a Ray that is started here on loopback; before `import ray`.

    Ray takes the address of the machine for its own, even if told 127.0.0.1, and listens on all
    interfaces then; this is how it is told that there is one machine alone.
    """
    if not os.environ.get("RAY_ADDRESS"):
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")


def local_init_arguments() -> dict[str, Any]:
    """Returns the arguments of `ray.init` for a Ray of this machine alone; sees to its token.

    Raises:
        StoreError: there is no folder for its sockets.
    """
    _set_auth_token()
    settings = {"address": "local", "_node_ip_address": "127.0.0.1", "include_dashboard": False}
    usual = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or "/tmp"
    place = Path(usual).absolute() / _SOCKET_PATH
    if len(os.fsencode(place)) > MAX_SOCKET_PATH_BYTES or not os.access(usual, os.W_OK):
        settings["_temp_dir"] = str(socket_folder(len(_SOCKET_PATH)) / "ray")
    return settings


def _set_auth_token() -> None:
    """Gives this process and its children a token where Ray would write one into HOME.

    HOME may not be writable, and of two that start at once the second overwrites the first's.
    """
    if os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH"):
        return
    try:
        kept = os.access(Path.home() / ".ray" / "auth_token", os.R_OK)
    except RuntimeError:  # a user without a home
        kept = False
    if not kept:
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
