"""An unfinished run in the store: its job and its last checkpoints.

Layout: `runs/<model>/<fingerprint>/` holds `job.json` and `<stage>-<step>.safetensors`.
Each object is written atomically. A restart by Ray and a `--resume` after the driver died
read the same folder. See ADR 6.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from plait.errors import NothingToResume, StoreError
from plait.store import Store
from plait.store.store_objects import (
    ObjectStore,
    list_objects,
    read_object,
    remove_objects,
    write_object,
)
from plait.store.versions_in_use import ABANDONED_AFTER, JOB_FILE, RUNS_FOLDER
from plait.training.checkpoints.checkpoint import CHECKPOINT_FORMAT, Checkpoint
from plait.training.training_job import TrainingJob

CHECKPOINTS_KEPT = 2  # checkpoints; a reader may still be about to read the last but one
STAGES = ("search", "refit")
_CHECKPOINT_NAME = re.compile(r"([01])-(\d{10})\.safetensors", re.ASCII)
SUFFIX, RUN_KEY = ".safetensors", "run"


@dataclass(frozen=True)
class CheckpointPlace:
    """A checkpoint's place in its run: the stage, as an index of STAGES, and the steps done."""

    stage: int
    step: int

    @property
    def name(self) -> str:
        """The object's name; sorted names are in the order of the run."""
        return f"{self.stage}-{self.step:010d}{SUFFIX}"

    @classmethod
    def of(cls, name: str) -> CheckpointPlace | None:
        """Returns the place that has `name`; None if it is not the name of a checkpoint."""
        found = _CHECKPOINT_NAME.fullmatch(name)
        return None if found is None else cls(int(found[1]), int(found[2]))


class UnfinishedRun:
    """The objects that one job's run keeps in the store until its version is published."""

    def __init__(self, objects: ObjectStore, job: TrainingJob) -> None:
        self._objects, self._model = objects, job.model
        self.settings = fingerprinted_settings(job)
        body = json.dumps(self.settings, sort_keys=True).encode()
        self.folder = f"{RUNS_FOLDER}/{job.model}/{hashlib.sha256(body).hexdigest()[:16]}"

    def start(self) -> None:
        """Starts a run and removes what an earlier run with the same settings left.

        Also removes this model's unfinished runs that have been idle for two weeks.
        """
        self.clear()
        old = datetime.now(UTC) - ABANDONED_AFTER
        listed = list_objects(self._objects, f"{RUNS_FOLDER}/{self._model}")
        newest: dict[str, datetime] = {}
        for meta in listed:
            folder = meta["path"].rsplit("/", 1)[0]
            newest[folder] = max(meta["last_modified"], newest.get(folder, meta["last_modified"]))
        stale = [m["path"] for m in listed if newest[m["path"].rsplit("/", 1)[0]] < old]
        remove_objects(self._objects, stale)
        job_file = self.settings | {RUN_KEY: secrets.token_hex(8)}
        body = json.dumps(job_file, indent=1, sort_keys=True).encode()
        write_object(self._objects, f"{self.folder}/{JOB_FILE}", body)

    def run_id(self) -> str:
        """Returns the run's unique id, which differs even between runs with equal settings."""
        return str(_read_job(self._objects, f"{self.folder}/{JOB_FILE}").get(RUN_KEY, ""))

    def places(self) -> list[CheckpointPlace]:
        """Returns the places of the run's checkpoints, oldest first."""
        names = (
            meta["path"].rsplit("/", 1)[-1] for meta in list_objects(self._objects, self.folder)
        )
        return [place for place in map(CheckpointPlace.of, sorted(names)) if place is not None]

    def path_of(self, place: CheckpointPlace) -> str:
        """Returns the path in the store of the checkpoint at `place`."""
        return f"{self.folder}/{place.name}"

    def write(self, place: CheckpointPlace, checkpoint: Checkpoint) -> None:
        """Writes `checkpoint`, then removes all but the last CHECKPOINTS_KEPT."""
        write_object(self._objects, self.path_of(place), checkpoint.to_bytes())
        remove_objects(
            self._objects, [self.path_of(old) for old in self.places()[:-CHECKPOINTS_KEPT]]
        )

    def read(self, place: CheckpointPlace) -> Checkpoint:
        """Returns the checkpoint at `place`."""
        path = self.path_of(place)
        return Checkpoint.from_bytes(read_object(self._objects, path), path)

    def clear(self) -> None:
        """Removes the run's objects from the store."""
        listed = list_objects(self._objects, self.folder)
        remove_objects(self._objects, [meta["path"] for meta in listed])


def fingerprinted_settings(job: TrainingJob) -> dict[str, Any]:
    """Returns the settings that must be equal for a run to be resumed.

    They leave out the fields that do not change the result, such as the threads.
    """
    try:
        code = version("plait")
    except PackageNotFoundError:
        code = "unknown"
    kept = {k: v for k, v in job.as_config().items() if k not in TrainingJob.MAY_CHANGE_ON_RESUME}
    settings: dict[str, Any] = json.loads(
        json.dumps(kept | {"plait": code, "format": CHECKPOINT_FORMAT})
    )
    return settings


def resume_job(job: TrainingJob) -> TrainingJob:
    """Returns `job` with the store version that its unfinished run began with.

    Raises:
        NothingToResume: there is no unfinished run, or only one with other settings.
    """
    store = Store(job.store)
    wanted = fingerprinted_settings(job)
    found: list[tuple[datetime, dict[str, Any]]] = []
    for meta in list_objects(store.objects, f"{RUNS_FOLDER}/{job.model}"):
        if meta["path"].endswith("/" + JOB_FILE):
            settings = _read_job(store.objects, meta["path"])
            settings.pop(RUN_KEY, None)
            found.append((meta["last_modified"], settings))
    found.sort(key=lambda pair: pair[0], reverse=True)
    for _, settings in found:
        if settings | {"store_version": job.store_version} == wanted:
            return replace(job, store_version=settings["store_version"])
    if not found:
        raise NothingToResume(
            f"the store '{store.uri}' has no unfinished run of model '{job.model}'.",
            fix="Run `plait train` without --resume.",
        )
    raise NothingToResume(
        f"the unfinished run of model '{job.model}' has other settings: "
        f"{_differences(found[0][1], wanted)}.",
        fix="Use the settings that it began with, or train anew without --resume.",
    )


def _read_job(objects: ObjectStore, path: str) -> dict[str, Any]:
    try:
        settings = json.loads(read_object(objects, path))
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, dict):
        raise StoreError(
            f"'{path}' of an unfinished run cannot be read.",
            fix="Train anew: run `plait train` without --resume.",
        )
    return settings


def _differences(then: dict[str, Any], now: dict[str, Any]) -> str:
    """Returns the settings that differ, as 'epochs was 3, now 5'."""
    flat = [{**d, **d.get("training", {})} for d in (then, now)]
    names = sorted((flat[0].keys() | flat[1].keys()) - {"training", "store_version"})
    pairs = ((name, flat[0].get(name), flat[1].get(name)) for name in names)
    return ", ".join(f"{name} was {old}, now {new}" for name, old, new in pairs if old != new)
