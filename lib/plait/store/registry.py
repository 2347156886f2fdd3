"""The model registry: numbered versions of a model, and the alias `current`."""

from __future__ import annotations

import contextlib
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plait.contracts.id_rules import MODEL_NAME_PATTERN
from plait.errors import DamagedVersion, NoModel, NotFinite, StoreError, VersionExists, nearest
from plait.store.finite_numbers import find_nonfinite
from plait.store.journal import Journal
from plait.store.model_cache import ModelCache
from plait.store.model_manifest import MANIFEST, build_manifest, damaged, read_manifest
from plait.store.safe_names import check_name
from plait.store.store import Store
from plait.store.store_objects import list_objects, read_object, write_object

METRICS = "metrics.json"
_NAME, _VERSION = re.compile(MODEL_NAME_PATTERN), re.compile(r"v[1-9]\d{0,17}", re.ASCII)


@dataclass(frozen=True)
class ModelVersion:
    """One version.

    Attributes:
        version: its name: v1, v2, ...
        metrics: its metrics.
        created: when it was published, RFC 3339, UTC.
        current: whether the alias `current` points to it.
    """

    version: str
    metrics: dict[str, Any]
    created: str
    current: bool


class Registry:
    """The models under `models/<name>/<version>/` of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._objects = store.objects
        self._cache = ModelCache(store.location)
        self._polled: dict[str, Journal] = {}

    def publish(self, name: str, folder: Path, run: str = "") -> str:
        """Publishes the files of `folder` as the next version; promotes the first version.

        The manifest is written last; a version without a manifest is not published. A `run` has
        one version. If the run has published it already, that version is returned.

        Raises:
            NotFinite: a weight or a metric is NaN or infinite. Nothing is published.
            StoreError: the store cannot be written, or `folder` has entries that are not plain
                files.
        """
        files = _read_files(folder)
        version = self._claim(name, run)
        if version not in self.versions(name):
            for file, data in {**files, MANIFEST: build_manifest(files)}.items():
                write_object(self._objects, f"{_version_folder(name, version)}/{file}", data)
        if self._alias(name).last() is None:
            with contextlib.suppress(VersionExists):  # if two first versions race, one is promoted
                self.promote(name, version)
        return version

    def versions(self, name: str) -> list[str]:
        """Returns the published versions of `name`, oldest first."""
        name = _checked_model_name(name)
        own = (v for n, v in self._published() if n == name)
        return sorted(own, key=lambda v: int(v[1:]))

    def names(self) -> list[str]:
        """Returns the names of all models with a published version."""
        return sorted({name for name, _ in self._published()})

    def current(self, name: str) -> str:
        """Returns the version that the alias `current` points to.

        Raises:
            NoModel: no version was ever promoted.
        """
        return self._version_of_alias(name, self._alias(name).last())

    def poll(self, name: str) -> str:
        """Returns the same as `current` with fewer requests, for callers that poll.

        Raises:
            NoModel: no version was ever promoted.
        """
        alias = self._polled.setdefault(name, self._alias(name))
        return self._version_of_alias(name, alias.poll())

    def _version_of_alias(self, name: str, last: tuple[int, dict[str, Any]] | None) -> str:
        if last is None:
            others = self.names()
            raise NoModel(
                f"the store '{self._store.uri}' has no model '{name}'.",
                allowed=nearest(name, others) if others else "",
                fix="Run `plait train` first.",
            )
        version = str(last[1].get("version"))
        if not _VERSION.fullmatch(version):
            raise DamagedVersion(
                f"the alias `current` of model '{name}' names {version[:80]!a}, which is not "
                "a version.",
                allowed="Versions are called v1, v2, ...",
                fix="Promote one with `plait promote VERSION`.",
            )
        return version

    def fetch(self, name: str, version: str | None = None) -> tuple[str, Path]:
        """Returns a version (default: `current`) and a local folder with its checked files.

        Raises:
            NoModel: there is no such version.
            DamagedVersion: a file is missing, differs from the manifest, or has numbers that are
                not finite.
        """
        version = version or self.current(name)
        self._check_exists(name, version)
        manifest = read_manifest(self._objects, _version_folder(name, version))
        return version, self._cache.fetch(_version_folder(name, version), manifest)

    def describe(self, name: str) -> list[ModelVersion]:
        """Returns all versions of `name` with their metrics, oldest first."""
        last = self._alias(name).last()
        current = last[1]["version"] if last else None
        listed = []
        for version in self.versions(name):
            manifest = read_manifest(self._objects, _version_folder(name, version))
            metrics = {}
            if METRICS in manifest["files"]:
                data = read_object(self._objects, f"{_version_folder(name, version)}/{METRICS}")
                metrics = _finite_part(_parse_metrics(name, version, data))
            listed.append(ModelVersion(version, metrics, manifest["created"], version == current))
        return listed

    def promote(self, name: str, version: str | None = None) -> str:
        """Points `current` to `version` (default: the newest); returns the version."""
        if version is None:
            known = self.versions(name)
            version = known[-1] if known else "v1"
        self.fetch(name, version)
        return self._set_alias(name, version, "promote")

    def rollback(self, name: str) -> str:
        """Points `current` to the previous version again; returns that version.

        Raises:
            NoModel: there is no previous version.
        """
        now = self.current(name)
        alias = self._alias(name)
        # A rollback undoes the last promotion not yet undone, so two go back two versions.
        held: list[str] = []
        for record in map(alias.read, alias.numbers()):
            if record["action"] == "rollback":
                held.pop()
            elif not held or held[-1] != record["version"]:
                held.append(record["version"])
        if len(held) < 2:
            raise NoModel(
                f"model '{name}' has no version before {now} to roll back to.",
                fix="Promote a version with `plait promote VERSION`.",
            )
        self.fetch(name, held[-2])
        return self._set_alias(name, held[-2], "rollback")

    def _set_alias(self, name: str, version: str, action: str) -> str:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        self._alias(name).append({"version": version, "action": action, "time": when})
        return version

    def _claim(self, name: str, run: str) -> str:
        """Reserves the next version number; or returns the one that `run` has reserved."""
        claims = Journal(self._objects, f"models/{_checked_model_name(name)}/claims")
        for number in claims.numbers() if run else []:
            if claims.read(number).get("run") == run:
                return f"v{number}"
        while True:
            try:
                return f"v{claims.append({'run': run} if run else {})}"
            except VersionExists:
                continue

    def _alias(self, name: str) -> Journal:
        return Journal(self._objects, f"models/{_checked_model_name(name)}/current")

    def _published(self) -> list[tuple[str, str]]:
        """Returns the name and version of each model version with a manifest."""
        paths = (meta["path"].split("/") for meta in list_objects(self._objects, "models"))
        return [
            (p[1], p[2])
            for p in paths
            if len(p) == 4 and p[3] == MANIFEST
            if _NAME.fullmatch(p[1]) and _VERSION.fullmatch(p[2])
        ]

    def _check_exists(self, name: str, version: str) -> None:
        known = self.versions(name)
        if version not in known:
            raise NoModel(
                f"model '{name}' has no version {version[:80]!a}.",
                allowed=f"Versions: {', '.join(known)}." if known else "",
                fix="List them with `plait models`." if known else "Run `plait train` first.",
            )


def _version_folder(name: str, version: str) -> str:
    return f"models/{_checked_model_name(name)}/{version}"


def _checked_model_name(name: str) -> str:
    """Returns `name` if it is a valid model name; else raises NoModel."""
    if not _NAME.fullmatch(name):
        raise NoModel(
            f"{name[:80]!a} is not a model name.",
            allowed="A name has at most 63 lowercase letters, digits, - and _.",
            fix="List the versions of a project's model with `plait models`.",
        )
    return name


def _read_files(folder: Path) -> dict[str, bytes]:
    """Returns the content of each file in `folder`, by name, for publication."""
    files = {}
    for file in sorted(folder.iterdir()):
        if file.is_symlink() or not file.is_file():
            raise StoreError(f"'{file}' is not a plain file.", fix="Remove it from the folder.")
        files[check_name(file.name)] = data = file.read_bytes()
        if fault := find_nonfinite(file.name, data):
            raise NotFinite(
                f"{fault} are not finite; nothing was published.",
                fix="Train again with a smaller train.learning_rate.",
            )
    return files


def _parse_metrics(name: str, version: str, data: bytes) -> dict[str, Any]:
    try:
        metrics = json.loads(data)
    except (ValueError, RecursionError):
        metrics = None
    if not isinstance(metrics, dict):
        raise damaged(_version_folder(name, version), f"'{METRICS}' cannot be read")
    return metrics


def _finite_part(value: Any) -> Any:
    """Returns `value` without NaN and infinity, so that one such version does not hide others."""
    if isinstance(value, dict):
        return {k: _finite_part(v) for k, v in value.items() if not _is_nonfinite(v)}
    if isinstance(value, list):
        return [_finite_part(v) for v in value if not _is_nonfinite(v)]
    return value


def _is_nonfinite(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
