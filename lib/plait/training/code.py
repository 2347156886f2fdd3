"""Which code trained a model."""

from __future__ import annotations

import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def code_version() -> dict[str, str]:
    """Returns plait's version, and the git commit if it runs from a checkout."""
    try:
        found = {"plait": version("plait")}
    except PackageNotFoundError:
        found = {"plait": "unknown"}
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return found
    return found | {"commit": commit.stdout.strip()}
