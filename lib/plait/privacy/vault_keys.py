"""The master keys of the vault: they encrypt (wrap) the data key of each object."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from plait.config import Project
from plait.config.vault_settings import VaultSettings
from plait.errors import BadKey, DamagedVault, LostVaultKey
from plait.privacy.secret_file import read_secret_file

VAULT_VARIABLE = "PLAIT_VAULT_KEY"
DATA_KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class WrappedKey:
    """A data key encrypted under the master key with the id `master`."""

    master: str
    wrapped: bytes


class MasterKeys(Protocol):
    """The master keys that are given. The newest one wraps; all of them unwrap."""

    def new_data_key(self, path: str) -> tuple[bytes, WrappedKey]:
        """Returns a fresh data key of 32 bytes for the object at `path`, and its wrapped form."""

    def wrap(self, data_key: bytes, path: str) -> WrappedKey:
        """Returns `data_key` wrapped under the newest master key."""

    def unwrap(self, key: WrappedKey, path: str) -> bytes:
        """Returns the data key of the object at `path`.

        Raises:
            LostVaultKey: its master key is not given.
            DamagedVault: the wrapped key was changed, or is that of another object.
        """

    def is_newest(self, master: str) -> bool:
        """Returns whether `master` is the id of the master key that wraps."""


@dataclass(frozen=True)
class LocalMasterKeys:
    """Master keys from the environment or a file, oldest first.

    Attributes:
        keys: the keys, 32 bytes each. They are never shown.
        where: where they were read, for messages.
    """

    keys: tuple[bytes, ...] = field(repr=False)
    where: str

    def new_data_key(self, path: str) -> tuple[bytes, WrappedKey]:
        """See MasterKeys."""
        data_key = secrets.token_bytes(DATA_KEY_BYTES)
        return data_key, self.wrap(data_key, path)

    def wrap(self, data_key: bytes, path: str) -> WrappedKey:
        """See MasterKeys."""
        nonce, master = secrets.token_bytes(_NONCE_BYTES), self.keys[-1]
        wrapped = nonce + AESGCM(master).encrypt(nonce, data_key, path.encode())
        return WrappedKey(master_key_id(master), wrapped)

    def unwrap(self, key: WrappedKey, path: str) -> bytes:
        """See MasterKeys."""
        by_id = {master_key_id(master): master for master in self.keys}
        if key.master not in by_id:
            raise lost_key(key.master, path, f"{self.where} has {', '.join(by_id)}")
        nonce, body = key.wrapped[:_NONCE_BYTES], key.wrapped[_NONCE_BYTES:]
        try:
            return AESGCM(by_id[key.master]).decrypt(nonce, body, path.encode())
        except (InvalidTag, ValueError):
            raise damaged(path) from None

    def is_newest(self, master: str) -> bool:
        """See MasterKeys."""
        return master == master_key_id(self.keys[-1])


def master_key_id(key: bytes) -> str:
    """Returns eight hexadecimal characters that identify a master key."""
    return hashlib.sha256(b"plait vault key id\0" + key).hexdigest()[:8]


def load_master_keys(project: Project, settings: VaultSettings) -> MasterKeys:
    """Returns the master keys of the vault: those of KMS, the environment, or a file.

    Raises:
        BadKey: no key is given, a key is malformed, or its file is unreadable or open to others.
    """
    local = _load_local_keys(project, settings)
    if settings.kms_key is not None:
        from plait.privacy.kms_keys import KmsMasterKeys

        return KmsMasterKeys.open(settings.kms_key, local)
    if local is None:
        raise BadKey(
            "people.vault is set, and no master key is given.",
            allowed=f"It is read from {VAULT_VARIABLE}, people.vault.key_file or "
            "people.vault.kms_key.",
            fix=f"Create a key with `openssl rand -hex 32`, and set {VAULT_VARIABLE}. Keep a copy: "
            "without it the vault cannot be read.",
        )
    return local


def _load_local_keys(project: Project, settings: VaultSettings) -> LocalMasterKeys | None:
    if given := os.environ.get(VAULT_VARIABLE):
        return parse_master_keys(given, f"the environment variable {VAULT_VARIABLE}")
    if settings.key_file is None:
        return None
    path = project.path(settings.key_file)
    return parse_master_keys(read_secret_file(path, "vault key", VAULT_VARIABLE), f"'{path}'")


def parse_master_keys(text: str, where: str) -> LocalMasterKeys:
    """Returns the keys in `text`, one a line, oldest first; blank lines and # do not count.

    Raises:
        BadKey: there is none, or one is not 64 hexadecimal characters.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    bad = [number for number, line in lines if not _KEY.fullmatch(line)]
    if bad or not lines:
        raise BadKey(
            f"line {bad[0] if bad else 1} of {where} is not a master key of the vault.",
            allowed="A key has 64 hexadecimal characters.",
            fix="Create a key with: openssl rand -hex 32",
        )
    return LocalMasterKeys(tuple(bytes.fromhex(line) for _, line in lines), where)


def lost_key(master: str, path: str, given: str) -> LostVaultKey:
    """Returns the error of a master key that is not given."""
    return LostVaultKey(
        f"'{path}' needs the master key {master}; {given}.",
        allowed="Nothing was written, and nothing is lost while that key exists somewhere.",
        fix=f"Put the key before the others in {VAULT_VARIABLE} or people.vault.key_file (one a "
        "line, oldest first), then run `plait vault rewrap`. If it is lost for ever, remove the "
        "folder `vault` from the store: the accounts files fill it again.",
    )


def damaged(path: str) -> DamagedVault:
    """Returns the error of an object that does not decrypt."""
    return DamagedVault(
        f"'{path}' of the store is truncated or was changed, or was written at another place.",
        allowed="An object of the vault is read only if every byte is as it was written.",
        fix="Restore it from a copy of the store, or remove it: the accounts files fill it again.",
    )
