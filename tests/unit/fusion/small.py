"""Small projects written to disk and fused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.fusion.fuse_logs import fuse
from plait.progress import silence
from plait.store import Store, StoreVersion

NOW = datetime(2025, 1, 1, tzinfo=UTC)


class Fused:
    """A project in a folder, and the tables of its current version."""

    def __init__(self, project: Project, version: StoreVersion) -> None:
        self.project, self.version = project, version
        self.store = Store(project.store_path)

    def __getattr__(self, table: str) -> pl.DataFrame:
        return self.store.read(table, self.version)

    def platform(self, name: str) -> dict[str, Any]:
        return dict(self.version.counts["platforms"][name])


Fuse = Callable[..., Fused]


def platform(files: str, **more: Any) -> dict[str, Any]:
    """Returns a platform whose log has user, item and time (epoch seconds)."""
    events = {
        "files": files,
        "columns": {"account": "user", "item": "item", "time": "time"},
        "time": {"unit": "s", "resolution": "s"},
        "type": "purchase",
    }
    columns = events["columns"] | more.pop("columns", {})  # type: ignore[operator]
    outer = {k: more.pop(k) for k in ("catalogue", "accounts", "consent") if k in more}
    return {"events": events | {"columns": columns} | more} | outer


def within(folder: str, settings: Any) -> Any:
    """Returns the settings of a platform whose files lie in `folder`."""
    if isinstance(settings, list):
        return [within(folder, one) for one in settings]
    if not isinstance(settings, dict):
        return settings
    inner = {name: within(folder, value) for name, value in settings.items()}
    files = settings.get("files", [])
    files = [f"{folder}/{name}" for name in ([files] if isinstance(files, str) else files)]
    return inner | ({"files": files} if files else {})


def copy_fused(once: Path, folder: Path, fuse_again: Callable[[], Fused]) -> Fused:
    """Copies a project that was fused once, for a test of its own; returns it.

    Args:
        once: the folder of the project.
        folder: the folder of the test.
        fuse_again: fuses the copy, in which nothing is new.
    """
    shutil.copytree(once, folder, dirs_exist_ok=True)
    fused = fuse_again()
    assert (fused.version.number, fused.version.run["mode"]) == (1, "none")
    return fused


def fuse_in(
    folder: Path,
    platforms: dict[str, Any],
    *,
    full: bool = False,
    now: datetime = NOW,
    **more: Any,
) -> Fused:
    """Fuses a project of the given platforms whose files lie in `folder`."""
    silence()
    raw = {"store": "store", "platforms": platforms} | more
    project = parse_config(raw, folder=folder)
    return Fused(project, fuse(project, now=now, full=full))
