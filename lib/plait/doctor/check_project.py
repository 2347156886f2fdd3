"""The project's store: whether it can be read and written from here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from plait.doctor.finding import Finding, fail, ok, warn
from plait.errors import PlaitError


def check_project(config: Path) -> Iterator[Finding]:
    """Yields whether the project file is read, and its store reached, written and cleared."""
    from plait.config import load_config

    try:
        project = load_config(config)
    except PlaitError as error:
        yield fail("project", error.seen, f"{error.allowed} {error.fix}".strip())
        return
    yield ok("project", f"{config}: {len(project.platforms)} platforms")
    yield _check_store(project.store_uri)


def _check_store(uri: str) -> Finding:
    from plait.config import is_remote
    from plait.store import Store
    from plait.store.require_writable import require_writable

    if not is_remote(uri) and not Path(uri).exists():
        return ok("store", f"{uri} is not there yet: the first fuse makes it")
    try:
        store = Store(uri)
        numbers = store.numbers()
    except PlaitError as error:
        return fail("store", error.seen, f"{error.allowed} {error.fix}".strip())
    has = f"store versions: {len(numbers)}" if numbers else "no version yet"
    try:
        require_writable(store)
    except PlaitError as error:
        return warn("store", f"{error.seen.rstrip('.')} ({has})", f"{error.allowed} {error.fix}")
    return ok("store", f"{uri} can be read and written, {has}")
