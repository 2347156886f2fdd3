"""One object of the vault: a header with the wrapped data key, and encrypted bytes.

Layout: the mark, the length of the header (4 bytes, big-endian), the header as JSON, and the
AES-256-GCM ciphertext. Every object has a data key of its own. The path of the object and the text
`about` are authenticated with the ciphertext, so an object cannot take the place of another.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from plait.errors import DamagedVault
from plait.privacy.vault_keys import MasterKeys, WrappedKey, damaged

_MARK, _LENGTH_BYTES, _NONCE_BYTES = b"plait vault\n", 4, 12
_FORMAT = 1


@dataclass(frozen=True)
class _Parts:
    key: WrappedKey
    nonce: bytes
    about: str
    ciphertext: bytes

    def pack(self) -> bytes:
        header = json.dumps(
            {
                "format": _FORMAT,
                "master": self.key.master,
                "key": base64.b64encode(self.key.wrapped).decode(),
                "nonce": base64.b64encode(self.nonce).decode(),
                "about": self.about,
            }
        ).encode()
        length = len(header).to_bytes(_LENGTH_BYTES, "big")
        return _MARK + length + header + self.ciphertext


def seal(path: str, body: bytes, about: dict[str, Any], keys: MasterKeys) -> bytes:
    """Returns the bytes of the object at `path` with the content `body`.

    Args:
        path: the path of the object in the store.
        body: the content.
        about: what is said of it in the clear; it cannot be changed unnoticed.
        keys: the master keys.
    """
    data_key, wrapped = keys.new_data_key(path)
    nonce, text = secrets.token_bytes(_NONCE_BYTES), json.dumps(about, sort_keys=True)
    ciphertext = AESGCM(data_key).encrypt(nonce, body, _associated(path, text))
    return _Parts(wrapped, nonce, text, ciphertext).pack()


def unseal(path: str, sealed: bytes, keys: MasterKeys) -> tuple[bytes, dict[str, Any]]:
    """Returns the content of the object at `path`, and what is said of it.

    Raises:
        LostVaultKey: its master key is not given.
        DamagedVault: it is truncated, changed, or was written at another path.
    """
    parts = _split(path, sealed)
    data_key = keys.unwrap(parts.key, path)
    try:
        associated = _associated(path, parts.about)
        return AESGCM(data_key).decrypt(parts.nonce, parts.ciphertext, associated), json.loads(
            parts.about
        )
    except (InvalidTag, ValueError):
        raise damaged(path) from None


def rewrap(path: str, sealed: bytes, keys: MasterKeys) -> bytes | None:
    """Returns the object with its data key under the newest master key; null if it is already.

    Raises:
        LostVaultKey: its master key is not given.
        DamagedVault: its header is damaged.
    """
    parts = _split(path, sealed)
    if keys.is_newest(parts.key.master):
        return None
    wrapped = keys.wrap(keys.unwrap(parts.key, path), path)
    return _Parts(wrapped, parts.nonce, parts.about, parts.ciphertext).pack()


def _associated(path: str, about: str) -> bytes:
    return f"{path}\0{about}".encode()


def _split(path: str, sealed: bytes) -> _Parts:
    start = len(_MARK) + _LENGTH_BYTES
    end = start + int.from_bytes(sealed[len(_MARK) : start], "big")
    if not sealed.startswith(_MARK) or len(sealed) < end:
        raise damaged(path)
    try:
        header = json.loads(sealed[start:end])
        if header["format"] != _FORMAT:
            raise DamagedVault(
                f"'{path}' has the format {header['format']} of the vault.",
                allowed=f"This plait reads format {_FORMAT}.",
                fix="Use the plait that wrote it, or a newer one.",
            )
        return _Parts(
            WrappedKey(header["master"], base64.b64decode(header["key"], validate=True)),
            base64.b64decode(header["nonce"], validate=True),
            header["about"],
            sealed[end:],
        )
    except (ValueError, KeyError, TypeError):
        raise damaged(path) from None
