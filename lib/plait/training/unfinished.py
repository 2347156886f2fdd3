"""An unfinished run in the store: its job and its last checkpoints.

Layout: `runs/<model>/<fingerprint>/job.json` and `<stage>-<step>.safetensors` beside it.
Each object is put whole or not at all, and the same folder serves a restart by Ray and
`--resume` after the driver died. See ADR 6.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import obstore

from plait.errors import NothingToResume
from plait.store import Store
from plait.store.location import Objects
from plait.store.uses import FORGOTTEN, JOB, RUNS
from plait.training.checkpoint import FORMAT, Checkpoint
from plait.training.job import Job

KEPT = 2  # checkpoints; the one before the last is for a reader that was just told of it
STAGES = ("search", "refit")
SUFFIX, NAME = ".safetensors", "run"


@dataclass(frozen=True)
class Mark:
    """A checkpoint's place in its run: the stage, as an index of STAGES, and steps done."""

    stage: int
    step: int

    @property
    def name(self) -> str:
        """The object's name; names sort in the order of the run."""
        return f"{self.stage}-{self.step:010d}{SUFFIX}"

    @classmethod
    def of(cls, name: str) -> Mark:
        """Returns the mark that has `name`."""
        stage, step = name.removesuffix(SUFFIX).split("-")
        return cls(int(stage), int(step))


class UnfinishedRun:
    """What is kept of one job's run until its version is published."""

    def __init__(self, objects: Objects, job: Job) -> None:
        self._objects, self._model = objects, job.model
        self.described = describe(job)
        body = json.dumps(self.described, sort_keys=True).encode()
        self.home = f"{RUNS}/{job.model}/{hashlib.sha256(body).hexdigest()[:16]}"

    def start(self) -> None:
        """Makes room for a run from the beginning: nothing of an earlier one is left.

        Unfinished runs that nobody has resumed in two weeks are removed too.
        """
        self.clear()
        old = datetime.now(UTC) - FORGOTTEN
        listed = obstore.list(self._objects, f"{RUNS}/{self._model}/").collect()
        newest: dict[str, datetime] = {}
        for meta in listed:
            home = meta["path"].rsplit("/", 1)[0]
            newest[home] = max(meta["last_modified"], newest.get(home, meta["last_modified"]))
        for meta in listed:
            if newest[meta["path"].rsplit("/", 1)[0]] < old:
                obstore.delete(self._objects, meta["path"])
        named = self.described | {NAME: secrets.token_hex(8)}
        body = json.dumps(named, indent=1, sort_keys=True).encode()
        obstore.put(self._objects, f"{self.home}/{JOB}", body)

    def name(self) -> str:
        """Returns what tells this run from every other, also from one of the same settings."""
        body = obstore.get(self._objects, f"{self.home}/{JOB}").bytes()
        return str(json.loads(bytes(body)).get(NAME, ""))

    def marks(self) -> list[Mark]:
        """Returns the places of the checkpoints there are, oldest first."""
        names = (
            meta["path"].rsplit("/", 1)[-1]
            for meta in obstore.list(self._objects, self.home + "/").collect()
        )
        return [Mark.of(name) for name in sorted(names) if name.endswith(SUFFIX)]

    def write(self, mark: Mark, checkpoint: Checkpoint) -> None:
        """Puts `checkpoint`, then removes all but the last ones before it."""
        obstore.put(self._objects, f"{self.home}/{mark.name}", checkpoint.to_bytes())
        for old in self.marks()[:-KEPT]:
            obstore.delete(self._objects, f"{self.home}/{old.name}")

    def read(self, mark: Mark) -> Checkpoint:
        """Returns the checkpoint at `mark`."""
        path = f"{self.home}/{mark.name}"
        return Checkpoint.from_bytes(bytes(obstore.get(self._objects, path).bytes()), path)

    def clear(self) -> None:
        """Removes the run."""
        for meta in obstore.list(self._objects, self.home + "/").collect():
            obstore.delete(self._objects, meta["path"])


def describe(job: Job) -> dict[str, Any]:
    """Returns what must be the same for a run to go on: not where or how fast it runs."""
    try:
        code = version("plait")
    except PackageNotFoundError:
        code = "unknown"
    kept = {k: v for k, v in job.as_config().items() if k not in Job.SURROUNDINGS}
    described: dict[str, Any] = json.loads(json.dumps(kept | {"plait": code, "format": FORMAT}))
    return described


def resumed(job: Job) -> Job:
    """Returns `job` on the store version that its unfinished run began with.

    Raises:
        NothingToResume: there is no unfinished run, or only one with other settings.
    """
    store = Store(job.store)
    wanted = describe(job)
    found: list[tuple[datetime, dict[str, Any]]] = []
    for meta in obstore.list(store.objects, f"{RUNS}/{job.model}/").collect():
        if meta["path"].endswith("/" + JOB):
            body = obstore.get(store.objects, meta["path"]).bytes()
            described = json.loads(bytes(body))
            described.pop(NAME, None)
            found.append((meta["last_modified"], described))
    found.sort(key=lambda pair: pair[0], reverse=True)
    for _, described in found:
        if described | {"store_version": job.store_version} == wanted:
            return replace(job, store_version=described["store_version"])
    if not found:
        raise NothingToResume(
            f"the store '{store.uri}' has no unfinished run of model '{job.model}'.",
            fix="Run `plait train` without --resume.",
        )
    raise NothingToResume(
        f"the unfinished run of model '{job.model}' has other settings: "
        f"{_differences(found[0][1], wanted)}.",
        fix="Give the settings it began with, or train anew without --resume.",
    )


def _differences(then: dict[str, Any], now: dict[str, Any]) -> str:
    """Returns the settings that differ, as 'epochs was 3, now 5'."""
    flat = [{**d, **d.get("training", {})} for d in (then, now)]
    names = sorted((flat[0].keys() | flat[1].keys()) - {"training", "store_version"})
    pairs = ((name, flat[0].get(name), flat[1].get(name)) for name in names)
    return ", ".join(f"{name} was {old}, now {new}" for name, old, new in pairs if old != new)
