"""The vault: attributes of accounts, encrypted in the store. Only the identity job reads them.

In a bucket, the rows of an account are those of the newest object that has the account. An object
may replace all earlier ones of its bucket. Then these do not count, even if a killed run has not
removed them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Protocol, TypeVar

import polars as pl

from plait.config import Project
from plait.errors import StoreError
from plait.privacy.lift_pseudonyms import lift_columns, lift_pseudonyms
from plait.privacy.pseudonym import hash_on
from plait.privacy.pseudonym_key import PseudonymKey, stage_of
from plait.privacy.vault_keys import MasterKeys, load_master_keys
from plait.privacy.vault_object import rewrap, seal, unseal
from plait.privacy.vault_places import (
    VAULT_FOLDER,
    VaultPlace,
    find_places,
    group_by_bucket,
    split_by_bucket,
)

ATTRIBUTES = "attributes"
_TRIES = 20
MAX_OBJECTS = 8  # of a bucket; more are merged into one
_PSEUDONYMS = ("account", "home")
_REPLACES, _HASHED = "replaces", "hashed"
T = TypeVar("T")


class VaultObjects(Protocol):
    """The objects of a store; store/object_folder.py implements it."""

    def read(self, name: str) -> bytes:
        """Returns the content of an object; raises FileNotFoundError if there is none."""

    def write(self, name: str, body: bytes, *, new: bool) -> bool:
        """Writes an object, durably; returns false if it is to be new and exists."""

    def names(self, prefix: str) -> list[str]:
        """Returns the names of all objects under a folder."""

    def remove(self, names: Sequence[str]) -> None:
        """Removes objects; missing ones are ignored."""


def open_vault(project: Project, objects: VaultObjects, key: PseudonymKey) -> Vault | None:
    """Returns the vault of a project, or null if it has none.

    Args:
        project: the project.
        objects: the objects of its store.
        key: the pseudonym keys.

    Raises:
        BadKey: no usable master key is given.
    """
    settings = project.people.vault
    return None if settings is None else Vault(objects, load_master_keys(project, settings), key)


class Vault:
    """Rows of accounts, encrypted. A frame has a column `account`, and any others.

    Every method raises LostVaultKey if the master key of an object is not given, DamagedVault if
    an object is not as it was written, BadKey if its accounts are under an unknown pseudonym key,
    and StoreError if the store cannot be used.

    Args:
        objects: the objects of the store.
        keys: the master keys.
        pseudonyms: the pseudonym keys. Accounts are read and written under the newest one.
    """

    def __init__(self, objects: VaultObjects, keys: MasterKeys, pseudonyms: PseudonymKey) -> None:
        self._objects, self._keys, self._pseudonyms = objects, keys, pseudonyms

    def read(self, kind: str = ATTRIBUTES) -> pl.DataFrame:
        """Returns the newest rows of every account; no columns if there is none."""
        return _concat(list(self.scan(kind)))

    def scan(self, kind: str = ATTRIBUTES) -> Iterator[pl.DataFrame]:
        """Yields the rows of `read` in parts; all rows of an account are in one part.

        A part is a bucket, or, until the first write after a rotation of the pseudonym keys, all.
        """
        places = self._places(kind)
        if any(place.stage != self._pseudonyms.id for place in places):
            # An account is in another bucket under each key.
            yield _settled(partial(self._read, kind))
            return
        for found in group_by_bucket(places):
            yield _settled(partial(self._read, kind, found[0].bucket))

    def write(self, rows: pl.DataFrame, kind: str = ATTRIBUTES, hashed: Iterable[str] = ()) -> None:
        """Replaces all rows of the accounts in `rows`.

        Args:
            rows: the rows, with account pseudonyms under the newest key.
            kind: the kind of the rows. Kinds do not touch each other.
            hashed: columns with bare hashes of `pseudonymise`, which a rotation of the pseudonym
                keys must hash on.
        """
        self._migrate(kind)
        for bucket, part in split_by_bucket(rows):
            _settled(partial(self._append, kind, bucket, part, set(hashed)))

    def remove(self, accounts: pl.Series) -> int:
        """Removes accounts from every kind; returns how many accounts of a kind were there.

        When it returns, no object holds them. (A bucket that keeps old versions of its objects
        expires them by a rule of its own.)

        Args:
            accounts: pseudonyms, under any key of the chain.
        """
        gone = lift_pseudonyms(accounts, self._pseudonyms).unique().alias("account").to_frame()
        removed = 0
        for kind in sorted({place.kind for place in self._places()}):
            self._migrate(kind)
            held = {place.bucket for place in self._places(kind)}
            for bucket, part in split_by_bucket(gone):
                if bucket in held:
                    removed += _settled(partial(self._take_out, kind, bucket, part))
        return removed

    def rewrap(self) -> int:
        """Encrypts all data keys under the newest master key; returns how many objects changed."""
        changed = 0
        for place in self._places():
            try:
                body = rewrap(place.path, self._objects.read(place.path), self._keys)
            except FileNotFoundError:
                continue  # another run merged it into a newer object
            if body is not None:
                self._objects.write(place.path, body, new=False)
                changed += 1
        for found in group_by_bucket(self._places()):
            self._standing(found, tidy=True)
        return changed

    def _places(self, kind: str = "", bucket: str = "") -> list[VaultPlace]:
        folder = f"{VAULT_FOLDER}/{kind}".rstrip("/")
        if bucket:
            folder += f"/{self._pseudonyms.id}/{bucket}"
        return find_places(self._objects.names(folder))

    def _read(self, kind: str, bucket: str = "") -> pl.DataFrame:
        return self._newest_of(kind, bucket)[0]

    def _newest_of(self, kind: str, bucket: str = "") -> tuple[pl.DataFrame, set[str]]:
        return self._newest(self._places(kind, bucket))

    def _open(self, place: VaultPlace) -> tuple[pl.DataFrame, int, set[str]]:
        """Returns the rows of an object under the newest pseudonym key, and what it replaces."""
        body, about = unseal(place.path, self._objects.read(place.path), self._keys)
        rows, hashed = pl.read_parquet(io.BytesIO(body)), set(about[_HASHED])
        stage = stage_of(self._pseudonyms, place.stage, f"'{place.path}'")
        later = self._pseudonyms.later[len(stage.later) :]
        if later:
            rows = lift_columns(rows, self._pseudonyms, *(n for n in _PSEUDONYMS if n in rows))
            rows = rows.with_columns(hash_on(pl.col(n), later) for n in hashed if n in rows)
        return rows, int(about[_REPLACES]), hashed

    def _standing(
        self, bucket: Sequence[VaultPlace], *, tidy: bool = False
    ) -> list[tuple[pl.DataFrame, set[str]]]:
        """Returns the rows of the objects of a bucket that are not replaced, newest first."""
        found, until = [], 0
        for place in reversed(bucket):
            if place.number <= until:
                break
            rows, replaces, hashed = self._open(place)
            found.append((rows, hashed))
            until = max(until, replaces)
        if tidy and (replaced := [place.path for place in bucket if place.number <= until]):
            self._objects.remove(replaced)
        return found

    def _newest(self, places: Sequence[VaultPlace]) -> tuple[pl.DataFrame, set[str]]:
        """Returns the newest rows of each account, and their hashed columns.

        Rows under a newer pseudonym key are newer. Under one key, an account is in one bucket.
        """
        by_stage: dict[int, list[pl.DataFrame]] = {}
        hashed: set[str] = set()
        for bucket in group_by_bucket(places):
            stage = stage_of(self._pseudonyms, bucket[0].stage, f"'{bucket[0].path}'")
            standing = self._standing(bucket)
            by_stage.setdefault(len(stage.later), []).append(
                _first_of_each([rows for rows, _ in standing])
            )
            hashed = hashed.union(*(names for _, names in standing))
        stages = [_concat(by_stage[length]) for length in sorted(by_stage, reverse=True)]
        return _first_of_each(stages), hashed

    def _append(self, kind: str, bucket: str, rows: pl.DataFrame, hashed: set[str]) -> bool | None:
        """Writes one more object; merges the bucket if it has many. Null: another run was first."""
        places = self._places(kind, bucket)
        last = places[-1].number if places else 0
        if len(places) < MAX_OBJECTS:
            return self._put(VaultPlace(kind, self._pseudonyms.id, bucket, last + 1), rows, hashed)
        held, names = self._newest(places)
        merged = _concat([held.join(rows, on="account", how="anti"), rows])
        return self._replace(places, merged, hashed | names)

    def _take_out(self, kind: str, bucket: str, gone: pl.DataFrame) -> int | None:
        """Rewrites a bucket without accounts; returns how many there were."""
        self._standing(self._places(kind, bucket), tidy=True)
        places = self._places(kind, bucket)
        held, hashed = self._newest(places)
        kept = held.join(gone, on="account", how="anti")
        if kept.height == held.height:
            return 0
        n = held["account"].n_unique() - kept["account"].n_unique()
        return n if self._replace(places, kept, hashed) else None

    def _replace(
        self, places: Sequence[VaultPlace], rows: pl.DataFrame, hashed: set[str]
    ) -> bool | None:
        last = places[-1]
        next_ = VaultPlace(last.kind, last.stage, last.bucket, last.number + 1)
        done = self._put(next_, rows, hashed, replaces=last.number)
        if done:
            self._objects.remove([place.path for place in places])
        return done

    def _put(
        self, place: VaultPlace, rows: pl.DataFrame, hashed: set[str], replaces: int = 0
    ) -> bool | None:
        body = io.BytesIO()
        rows.write_parquet(body, compression="zstd")
        about = {_REPLACES: replaces, _HASHED: sorted(hashed)}
        sealed = seal(place.path, body.getvalue(), about, self._keys)
        return self._objects.write(place.path, sealed, new=True) or None

    def _migrate(self, kind: str) -> None:
        """Moves what is under an older pseudonym key to the newest; then removes it."""
        older = [p for p in self._places(kind) if p.stage != self._pseudonyms.id]
        if not older:
            return
        rows, hashed = _settled(partial(self._newest_of, kind))
        for bucket, part in split_by_bucket(rows):
            _settled(partial(self._append, kind, bucket, part, hashed))
        self._objects.remove([place.path for place in older])


def _settled(step: Callable[[], T | None]) -> T:
    """Returns what `step` returns; runs it again if another run changed the bucket meanwhile."""
    for _ in range(_TRIES):
        try:
            found = step()
        except FileNotFoundError:
            continue
        if found is not None:
            return found
    raise StoreError("other runs change the vault all the time.", fix="Run again when they end.")


def _first_of_each(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Returns all rows of an account from the first part that has the account."""
    found = list(parts[:1])
    for part in parts[1:]:
        seen = pl.concat(rows.select("account") for rows in found)
        found.append(part.join(seen, on="account", how="anti"))
    return _concat(found)


def _concat(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(parts, how="diagonal_relaxed") if parts else pl.DataFrame()
