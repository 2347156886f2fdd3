"""Settings of a local Ray: on loopback, with its sockets where their paths are short enough."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from plait.store.local_folders import MAX_SOCKET_PATH_BYTES, socket_folder

_SOCKET_PATH = "ray/session_2026-01-01_00-00-00_000000_0000000/sockets/plasma_store"


def keep_ray_on_loopback() -> None:
    """Makes a local Ray bind its ports on loopback; call it before `import ray`.

    Even with the address 127.0.0.1, Ray uses the machine's own address and listens on all
    interfaces. The variable set here tells Ray that the cluster has only this machine.
    """
    if not os.environ.get("RAY_ADDRESS"):
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")


def local_init_arguments() -> dict[str, Any]:
    """Returns the arguments of `ray.init` for a local Ray, and sets its token if it needs one.

    Raises:
        StoreError: there is no folder with a path short enough for its sockets.
    """
    _set_auth_token()
    settings = {"address": "local", "_node_ip_address": "127.0.0.1", "include_dashboard": False}
    usual = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or "/tmp"
    place = Path(usual).absolute() / _SOCKET_PATH
    if len(os.fsencode(place)) > MAX_SOCKET_PATH_BYTES or not os.access(usual, os.W_OK):
        settings["_temp_dir"] = str(socket_folder(len(_SOCKET_PATH)) / "ray")
    return settings


def _set_auth_token() -> None:
    """Sets a token for this process and its children where Ray would write one into HOME.

    HOME may not be writable. Of two processes that start together, the second would overwrite
    the token of the first.
    """
    if os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH"):
        return
    try:
        kept = os.access(Path.home() / ".ray" / "auth_token", os.R_OK)
    except RuntimeError:  # a user without a home
        kept = False
    if not kept:
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
