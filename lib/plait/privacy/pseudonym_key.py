"""The chain of pseudonym keys: where it is read, and who may read it; see ADR 28."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plait.config import Project
from plait.errors import BadKey
from plait.privacy.secret_file import read_secret_file

KEY_VARIABLE = "PLAIT_PSEUDONYM_KEY"
KEY_SETTING = "pseudonyms.key"  # of a store version: the id of the chain of its pseudonyms
MIN_KEY_CHARACTERS = 32  # a created key has 64 hexadecimal characters
_COMMENT = "#"


@dataclass(frozen=True)
class PseudonymKey:
    """A pseudonym key, or a chain of keys, oldest first. The secrets are never shown.

    A pseudonym under a chain is the pseudonym under the oldest key, hashed with each later key in
    turn. Every pseudonym contains the `id` of its chain.
    """

    secret: str = field(repr=False)
    later: tuple[str, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        """Four hexadecimal characters that identify the chain: all of its keys, in order."""
        text = "\0".join(("plait key id", self.secret, *self.later))
        return hashlib.sha256(text.encode()).hexdigest()[:4]

    @property
    def stages(self) -> tuple[PseudonymKey, ...]:
        """The chains that this one was, from its oldest key alone to all of its keys."""
        return tuple(PseudonymKey(self.secret, self.later[:n]) for n in range(len(self.later) + 1))

    @property
    def first(self) -> PseudonymKey:
        """The oldest key alone."""
        return PseudonymKey(self.secret)


def key_of_version(key: PseudonymKey, settings: Mapping[str, Any], version: int) -> PseudonymKey:
    """Returns the stage of `key` that made the pseudonyms of a store version.

    It is `key` itself if the version does not record its key.

    Args:
        key: the present chain.
        settings: the settings that the version records.
        version: the number of the version.

    Raises:
        BadKey: the version was made with other keys.
    """
    made = settings.get(KEY_SETTING)
    return key if made is None else stage_of(key, made, f"store version {version}")


def stage_of(key: PseudonymKey, made: str, what: str) -> PseudonymKey:
    """Returns the stage of `key` with the id `made`.

    Args:
        key: the present chain.
        made: the id in the pseudonyms of something.
        what: that thing, for the message.

    Raises:
        BadKey: no stage has that id.
    """
    for stage in key.stages:
        if stage.id == made:
            return stage
    raise BadKey(
        f"{what} has pseudonyms of the key {made}, and the keys given here are "
        f"{', '.join(stage.id for stage in key.stages)}.",
        allowed="Without the older key, people would lose their history and their ids.",
        fix=f"Put the older keys on lines before the new one in {KEY_VARIABLE} or the key file. "
        "If they are lost, set `store:` to a new folder.",
    )


def load_key(project: Project, *, create: bool = True) -> PseudonymKey:
    """Returns the project's chain of pseudonym keys; creates the first key on first use.

    It is read from the environment variable PLAIT_PSEUDONYM_KEY, else from the file in
    `pseudonyms.key_file`, else from `<store>/pseudonym.key`: one key a line, oldest first. Blank
    lines and lines that begin with # do not count. Without the keys, new ids cannot be matched to
    those of the store, so a key is never replaced; `plait pseudonyms rotate` adds one.

    Args:
        project: the project.
        create: create a missing key; false where a store version has pseudonyms already.

    Raises:
        BadKey: a key is missing, too short or repeated, or the file is readable by others or
            unreadable.
    """
    if given := os.environ.get(KEY_VARIABLE):
        return parse_keys(given, f"the environment variable {KEY_VARIABLE}")
    path = key_file(project)
    if not path.exists():
        if not create:
            raise BadKey(
                f"the pseudonym key '{path}' is missing; the store has pseudonyms made with it.",
                allowed="Without it, people would lose their history and their ids.",
                fix=f"Restore the file (mode 0600), or set {KEY_VARIABLE}. If the key is lost, set "
                "`store:` to a new folder.",
            )
        _create_key(path)
    return parse_keys(read_secret_file(path, "pseudonym key", KEY_VARIABLE), f"'{path}'")


def key_file(project: Project) -> Path:
    """Returns the path of the key file, which may not exist yet.

    Raises:
        BadKey: the store is not on this machine, and no file is named.
    """
    named = project.pseudonyms.key_file
    if named is None and "://" in project.store:
        raise BadKey(
            f"the store '{project.store}' is not on this machine, and no pseudonym key is named.",
            allowed="A key is never stored with the data on an object store.",
            fix=f"Set {KEY_VARIABLE}, or pseudonyms.key_file to a 0600 file.",
        )
    return project.path(named) if named else project.store_path / "pseudonym.key"


def parse_keys(text: str, where: str) -> PseudonymKey:
    """Returns the chain of the keys in `text`, one a line, oldest first.

    Raises:
        BadKey: there is no key, or one is too short or repeated.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    keys = [(number, line) for number, line in lines if line and not line.startswith(_COMMENT)]
    keys = keys or [(1, "")]
    for number, line in keys:
        place = where if len(keys) == 1 else f"line {number} of {where}"
        if len(line) < MIN_KEY_CHARACTERS:
            raise BadKey(
                f"the pseudonym key in {place} has {len(line)} characters.",
                allowed=f"At least {MIN_KEY_CHARACTERS} are needed.",
                fix="Create a key with: openssl rand -hex 32",
            )
    chain = PseudonymKey(keys[0][1], tuple(line for _, line in keys[1:]))
    if len({line for _, line in keys}) < len(keys) or not has_distinct_ids(chain):
        raise BadKey(
            f"the pseudonym keys in {where} are not told apart: two are equal, or have one id.",
            allowed="Each line is a key of its own, the oldest first.",
            fix="Remove the line that was added last, and run: plait pseudonyms rotate",
        )
    return chain


def has_distinct_ids(key: PseudonymKey) -> bool:
    """Returns whether the stages of `key` have different ids, which are only 16 bits long."""
    return len({stage.id for stage in key.stages}) == len(key.stages)


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
