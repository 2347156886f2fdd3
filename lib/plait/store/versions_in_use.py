"""Finds the store versions that models and training runs use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from plait.errors import NoModel
from plait.store.registry import Registry
from plait.store.store import Store
from plait.store.store_objects import list_objects, read_object

RUNS_FOLDER, JOB_FILE = (
    "runs",
    "job.json",
)  # runs/<model>/<fingerprint>/job.json names a store version
ABANDONED_AFTER = timedelta(days=14)  # an unfinished run this old is not resumed
_CONFIG = "config.json"  # in a model version; has the store version it was trained on


def find_versions_in_use(store: Store, now: datetime | None = None) -> dict[int, str]:
    """Returns the store versions in use: number to the reason.

    An unfinished training run reads its version again when it is resumed. A model is evaluated on
    the version it was trained on. This applies to the `current` model version, and to the newest
    one, which is evaluated before it is promoted.

    Args:
        store: the store.
        now: the current time; default: that of the clock.

    Raises:
        StoreError: the store cannot be read.
    """
    found: dict[int, str] = {}
    for number, why in [*_used_by_models(store), *_used_by_runs(store, now or datetime.now(UTC))]:
        found.setdefault(number, why)
    return found


def _used_by_models(store: Store) -> Iterator[tuple[int, str]]:
    registry = Registry(store)
    for name in registry.names():
        for version in sorted(_in_use(registry, name)):
            try:
                body = read_object(store.objects, f"models/{name}/{version}/{_CONFIG}")
                number = int(json.loads(body)["training"]["store_version"])
            except (FileNotFoundError, ValueError, KeyError, TypeError):
                continue  # a damaged model keeps no version; serving reports it
            yield number, f"{name} {version} was trained on it"


def _in_use(registry: Registry, name: str) -> set[str]:
    """Returns the `current` version of a model, and the newest, which may be promoted next."""
    versions = set(registry.versions(name)[-1:])
    # A publication that was killed before its promotion has no alias.
    with suppress(NoModel, FileNotFoundError, ValueError, KeyError):
        versions.add(registry.current(name))
    return versions


def _used_by_runs(store: Store, now: datetime) -> Iterator[tuple[int, str]]:
    listed = list_objects(store.objects, RUNS_FOLDER)
    touched: dict[str, datetime] = {}
    for meta in listed:
        home = meta["path"].rpartition("/")[0]
        touched[home] = max(meta["last_modified"], touched.get(home, meta["last_modified"]))
    for home, moment in touched.items():
        if now - moment > ABANDONED_AFTER:
            continue
        try:
            job = json.loads(read_object(store.objects, f"{home}/{JOB_FILE}"))
            number = int(job["store_version"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            continue  # the run has ended, or cannot be resumed
        yield number, f"an unfinished run of {home.split('/')[1]} reads it"
