"""The model registry: numbered versions of a model, and the alias `current`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import obstore

from plait.errors import DamagedVersion, NoModel, StoreError, VersionExists, nearest
from plait.store.journal import Journal
from plait.store.store import Store

MANIFEST, METRICS = "manifest.json", "metrics.json"


@dataclass(frozen=True)
class ModelVersion:
    """One version: its name (v1, v2, ...), metrics, birth (RFC 3339, UTC) and standing."""

    version: str
    metrics: dict[str, Any]
    created: str
    current: bool


class Registry:
    """Models under `models/<name>/<version>/` of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def publish(self, name: str, folder: Path) -> str:
        """Publishes the files of `folder` as the next version; the first is promoted.

        The manifest is written last and decides: a version without one was never published.
        """
        files = {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
        manifest = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "files": {n: hashlib.sha256(data).hexdigest() for n, data in files.items()},
        }
        version = self._claim(name)
        for file, data in files.items():
            obstore.put(self._store.objects, f"models/{name}/{version}/{file}", data)
        body = json.dumps(manifest, indent=1).encode()
        obstore.put(self._store.objects, f"models/{name}/{version}/{MANIFEST}", body)
        if self._alias(name).last() is None:
            self.promote(name, version)
        return version

    def versions(self, name: str) -> list[str]:
        """Returns the published versions of `name`, oldest first."""
        root = self._store.path(f"models/{name}")
        found = (m.parent.name for m in root.glob(f"v*/{MANIFEST}"))
        return sorted(found, key=lambda v: int(v[1:]))

    def names(self) -> list[str]:
        """Returns the names of all models with a published version."""
        root = self._store.path("models")
        return sorted({m.parent.parent.name for m in root.glob(f"*/v*/{MANIFEST}")})

    def current(self, name: str) -> str:
        """Returns the version that the alias `current` names.

        Raises:
            NoModel: nothing was ever promoted.
        """
        last = self._alias(name).last()
        if last is None:
            others = self.names()
            raise NoModel(
                f"the store '{self._store.root}' has no model '{name}'.",
                allowed=nearest(name, others) if others else "",
                fix="Run `plait train` first.",
            )
        return str(last[1]["version"])

    def fetch(self, name: str, version: str | None = None) -> tuple[str, Path]:
        """Returns a version (default: `current`) and its folder, every file checked.

        Raises:
            NoModel: there is no such version.
            DamagedVersion: a file is missing or differs from the manifest.
        """
        version = version or self.current(name)
        folder = self._store.path(f"models/{name}/{version}")
        self._require(name, version)
        for file, digest in self._manifest(name, version)["files"].items():
            path = folder / file
            if not path.is_file():
                raise self._damaged(name, version, f"'{file}' is missing")
            if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                raise self._damaged(name, version, f"'{file}' differs from its checksum")
        return version, folder

    def list(self, name: str) -> list[ModelVersion]:
        """Returns all versions of `name` with their metrics, oldest first."""
        last = self._alias(name).last()
        current = last[1]["version"] if last else None
        listed = []
        for version in self.versions(name):
            path = self._store.path(f"models/{name}/{version}/{METRICS}")
            metrics = json.loads(path.read_text()) if path.is_file() else {}
            created = self._manifest(name, version)["created"]
            listed.append(ModelVersion(version, metrics, created, version == current))
        return listed

    def promote(self, name: str, version: str | None = None) -> str:
        """Moves `current` to `version` (default: the newest); returns it."""
        if version is None:
            known = self.versions(name)
            version = known[-1] if known else "v1"
        self.fetch(name, version)
        return self._move(name, version)

    def rollback(self, name: str) -> str:
        """Moves `current` back to the version before it; returns that version.

        Raises:
            NoModel: nothing stood before the current version.
        """
        now = self.current(name)
        alias = self._alias(name)
        before = [alias.read(n) for n in alias.numbers()]
        # A rollback undoes the last promotion that still holds, so two of them go back two.
        held: list[str] = []
        for record in before:
            if record["action"] == "rollback":
                held.pop()
            elif not held or held[-1] != record["version"]:
                held.append(record["version"])
        if len(held) < 2:
            raise NoModel(
                f"model '{name}' has never been anything but {now}.",
                fix="Promote a version with `plait promote VERSION`.",
            )
        self.fetch(name, held[-2])
        return self._move(name, held[-2], action="rollback")

    def _move(self, name: str, version: str, action: str = "promote") -> str:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        self._alias(name).append({"version": version, "action": action, "time": when})
        return version

    def _claim(self, name: str) -> str:
        """Takes the next version number, against other publishers."""
        claims = Journal(self._store.objects, f"models/{name}/claims")
        while True:
            try:
                return f"v{claims.append({})}"
            except VersionExists:
                continue

    def _alias(self, name: str) -> Journal:
        return Journal(self._store.objects, f"models/{name}/current")

    def _require(self, name: str, version: str) -> None:
        known = self.versions(name)
        if version not in known:
            raise NoModel(
                f"model '{name}' has no version '{version}'.",
                allowed=f"Versions: {', '.join(known)}." if known else "",
                fix="List them with `plait models`." if known else "Run `plait train` first.",
            )

    def _manifest(self, name: str, version: str) -> dict[str, Any]:
        path = self._store.path(f"models/{name}/{version}/{MANIFEST}")
        try:
            manifest: dict[str, Any] = json.loads(path.read_text())
            if not {"created", "files"} <= set(manifest):
                raise KeyError(MANIFEST)
        except OSError as error:
            raise StoreError(f"cannot read '{path}' ({error.strerror}).") from None
        except (ValueError, KeyError, TypeError):
            raise self._damaged(name, version, f"'{MANIFEST}' cannot be read") from None
        return manifest

    def _damaged(self, name: str, version: str, what: str) -> DamagedVersion:
        return DamagedVersion(
            f"model '{name}' {version}: {what}.",
            fix="Go back with `plait models rollback`, or train again with `plait train`.",
        )
