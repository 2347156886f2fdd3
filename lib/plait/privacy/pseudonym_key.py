"""Loads or creates the pseudonym key, and checks that only its owner can read it."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from plait.config import Project
from plait.errors import BadKey

KEY_VARIABLE = "PLAIT_PSEUDONYM_KEY"
MIN_KEY_CHARACTERS = 32  # a created key has 64 hexadecimal characters


@dataclass(frozen=True)
class PseudonymKey:
    """A pseudonym key. Every pseudonym contains its `id`. The secret is never shown."""

    secret: str = field(repr=False)

    @property
    def id(self) -> str:
        """Four hexadecimal characters that identify the key."""
        return hashlib.sha256(b"plait key id\0" + self.secret.encode()).hexdigest()[:4]


def load_key(project: Project) -> PseudonymKey:
    """Returns the project's pseudonym key; creates it on first use.

    It is read from the environment variable PLAIT_PSEUDONYM_KEY, else from the file in
    `pseudonyms.key_file`, else from `<store>/pseudonym.key`. Without the key, new ids cannot be
    matched to those of the store, so the key is never replaced.

    Raises:
        BadKey: the key is too short, or its file is readable by others or unreadable.
    """
    if given := os.environ.get(KEY_VARIABLE):
        return _checked_key(given, f"the environment variable {KEY_VARIABLE}")
    named = project.pseudonyms.key_file
    if named is None and "://" in project.store:
        raise BadKey(
            f"the store '{project.store}' is not on this machine, and no pseudonym key is named.",
            allowed="A key is never stored with the data on an object store.",
            fix=f"Set {KEY_VARIABLE}, or pseudonyms.key_file to a 0600 file.",
        )
    path = project.path(named) if named else project.store_path / "pseudonym.key"
    if not path.exists():
        _create_key(path)
    return _checked_key(_read_key_file(path), f"'{path}'")


def _create_key(path: Path) -> None:
    """Writes a new key. If two runs race, both use the key of the first."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    except OSError as error:
        raise BadKey(
            f"cannot write the pseudonym key '{path}' ({error.strerror}).",
            fix=f"Set pseudonyms.key_file to a file that you may write, or {KEY_VARIABLE}.",
        ) from None


def _read_key_file(path: Path) -> str:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise BadKey(
                f"the pseudonym key '{path}' is open to others (mode {mode:04o}).",
                allowed="Only its owner may read it.",
                fix=f"Run: chmod 600 '{path}'",
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadKey(
            f"cannot read the pseudonym key '{path}' ({error}).",
            fix=f"Correct the file, or set {KEY_VARIABLE}.",
        ) from None


def _checked_key(text: str, where: str) -> PseudonymKey:
    secret = text.strip()
    if len(secret) < MIN_KEY_CHARACTERS:
        raise BadKey(
            f"the pseudonym key in {where} has {len(secret)} characters.",
            allowed=f"At least {MIN_KEY_CHARACTERS} are needed.",
            fix="Create a key with: openssl rand -hex 32",
        )
    return PseudonymKey(secret)
