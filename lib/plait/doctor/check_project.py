"""The project's store: whether it can be read and written from here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from plait.doctor.finding import Finding, FindingLevel, fail, ok, warn
from plait.errors import PlaitError

if TYPE_CHECKING:
    from plait.config import Project
    from plait.config.vault_settings import VaultSettings


def check_project(config: Path) -> Iterator[Finding]:
    """Yields whether the project file is read, and its store reached, written and cleared."""
    from plait.config import load_config

    try:
        project = load_config(config)
    except PlaitError as error:
        yield fail("project", error.seen, f"{error.allowed} {error.fix}".strip())
        return
    yield ok("project", f"{config}: {len(project.platforms)} platforms")
    if project.people.vault is not None:
        yield _check_vault(project, project.people.vault)
    yield (found := _check_store(project.store_uri))
    if found.level is not FindingLevel.fail:
        yield from _check_key(project)


def _check_vault(project: Project, settings: VaultSettings) -> Finding:
    """Returns whether the master keys of the vault are given here; only a fuse needs them."""
    from plait.privacy.vault_keys import load_master_keys

    try:
        load_master_keys(project, settings)
    except PlaitError as error:
        return warn("vault", f"{error.seen} Only a fuse needs it.", f"{error.allowed} {error.fix}")
    return ok("vault", "its master key is given")


def _check_key(project: Project) -> Iterator[Finding]:
    """Yields whether the pseudonym keys are those of the newest store version, if there is one."""
    from plait.config import is_remote
    from plait.privacy.pseudonym_key import key_of_version, load_key
    from plait.store import Store

    if not is_remote(project.store_uri) and not Path(project.store_uri).exists():
        return
    store = Store(project.store_uri)
    if not store.numbers():
        return
    try:
        version = store.current()
        key = load_key(project, create=False)
        made = key_of_version(key, version.settings, version.number)
    except PlaitError as error:
        yield warn("pseudonym key", error.seen, f"{error.allowed} {error.fix}".strip())
        return
    if made.id != key.id:
        yield warn(
            "pseudonym key",
            f"store version {version.number} is under the older key {made.id}, not {key.id}",
            "Run plait fuse.",
        )
    else:
        yield ok("pseudonym key", f"{key.id}, which store version {version.number} is under")


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
