"""Adds a fresh key to the chain of pseudonym keys."""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from plait.config import Project
from plait.errors import BadKey
from plait.privacy.pseudonym_key import (
    KEY_VARIABLE,
    PseudonymKey,
    has_distinct_ids,
    key_file,
    load_key,
)


@dataclass(frozen=True)
class Rotation:
    """What a rotation did: the file that it wrote, and the ids of the chain before and now."""

    file: Path
    before: str
    now: str


def rotate_key(project: Project, target: Path | None = None) -> Rotation:
    """Adds a fresh key after the others; returns where it is.

    Args:
        project: the project.
        target: a new file for all keys, the fresh one last; null: the key file, in place.

    Raises:
        BadKey: there is no key yet, the keys are in the environment and `target` is null, or a
            file cannot be written. Then nothing changed.
    """
    if target is None and os.environ.get(KEY_VARIABLE):
        raise BadKey(
            f"the keys come from the environment variable {KEY_VARIABLE}, which plait cannot set.",
            fix="Write them to a new file with `plait pseudonyms rotate --to FILE`, and set "
            f"{KEY_VARIABLE} (on a cluster, the secret) to its content, all lines of it.",
        )
    if not os.environ.get(KEY_VARIABLE) and not key_file(project).exists():
        raise BadKey(
            f"there is no pseudonym key '{key_file(project)}' yet.",
            fix="There is nothing to rotate: the first `plait fuse` makes the key.",
        )
    try:
        if target is not None:
            key = load_key(project)
            grown = _grow(key)
            _write_new(target, "\n".join([grown.secret, *grown.later]) + "\n")
            return Rotation(target, key.id, grown.id)
        return _append(project, key_file(project).resolve())
    except OSError as error:
        named = target or key_file(project)
        raise BadKey(
            f"cannot write the pseudonym keys '{named}' ({error.strerror}).",
            fix="Name a new file that you may write: plait pseudonyms rotate --to FILE",
        ) from None


def _grow(key: PseudonymKey) -> PseudonymKey:
    """Returns `key` with a fresh key whose id no earlier stage has."""
    while True:
        grown = PseudonymKey(key.secret, (*key.later, secrets.token_hex(32)))
        if has_distinct_ids(grown):
            return grown


def _append(project: Project, path: Path) -> Rotation:
    """Replaces the key file by one with a further line, so that a reader sees all or nothing."""
    while True:
        with path.open(encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)  # two rotations must not lose each other's key
            if not os.path.samestat(os.fstat(held.fileno()), path.stat()):
                continue  # another rotation replaced the file meanwhile
            key = load_key(project)
            grown = _grow(key)
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            try:
                _write_new(temporary, f"{held.read().rstrip()}\n{grown.later[-1]}\n")
                owner = path.stat()
                if owner.st_uid != os.geteuid():
                    os.chown(temporary, owner.st_uid, owner.st_gid)
                temporary.replace(path)
            except OSError:
                with suppress(OSError):
                    temporary.unlink()
                raise
            return Rotation(path, key.id, grown.id)


def _write_new(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
