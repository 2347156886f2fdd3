"""Garbage collection: finds and removes the objects that no kept version refers to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from plait.errors import StoreError
from plait.store.failed_run import FAILED_RUNS, objects_of_failed_run
from plait.store.feedback.compaction import find_obsolete
from plait.store.feedback.erasure_log import unread_erasure_rows
from plait.store.feedback.log_listing import list_log
from plait.store.feedback.log_paths import LOG_FOLDERS
from plait.store.input_records import INPUTS_FOLDER, InputRecords
from plait.store.model_manifest import MANIFEST
from plait.store.store import Store
from plait.store.store_objects import check_removable, list_objects, list_staged, remove_objects
from plait.store.store_version import StoreVersion
from plait.store.table_files import data_file_paths
from plait.store.versions_in_use import find_versions_in_use

if TYPE_CHECKING:
    from obstore import ObjectMeta

GC_GRACE = timedelta(hours=1)
_STAGED_IN = (
    "tables", "models", "versions", "inputs", "feedback", "identity", "runs", "vault", FAILED_RUNS,
)  # fmt: skip


@dataclass
class Garbage:
    """The result of a search for garbage.

    Attributes:
        kept: the numbers of the store versions to keep.
        because: the reason to keep a version that is not among the newest, by number.
        versions: the numbers of the store versions to remove.
        objects: the names of the objects to remove, by kind: the table, `versions` (with their
            input records), `models` or `feedback`.
        bytes: the size of these objects in bytes, by kind.
        waiting: the number of unreferenced objects that are too young to remove.
        seen: the number of the newest version at the time of the search.
        erased: the numbers of versions to remove, even if in use, as they hold erased people.
    """

    kept: list[int]
    because: dict[int, str]
    versions: list[int]
    objects: dict[str, list[str]] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    seen: int = 0
    erased: frozenset[int] = frozenset()

    def add(self, kind: str, meta: ObjectMeta) -> None:
        """Adds one object to remove."""
        self.objects.setdefault(kind, []).append(meta["path"])
        self.bytes[kind] = self.bytes.get(kind, 0) + meta["size"]


def find_garbage(
    store: Store,
    keep: int,
    older_than: timedelta = GC_GRACE,
    now: datetime | None = None,
    *,
    erased: bool = False,
) -> Garbage:
    """Returns the objects that can be removed if the newest `keep` store versions are kept.

    Versions in use are kept too (see find_versions_in_use), and so is a version that was the
    newest until recently, because a run may still read it. The feedback log, Delta logs, published
    models, and the quarantine of a run that failed after the newest version, are always kept.
    Objects of the feedback log that a compaction replaced are removed.

    Args:
        store: the store.
        keep: the number of newest store versions to keep, at least 1.
        older_than: the grace period. A younger object may belong to a run in progress. A version
            that was the newest within this period may still be read.
        now: the current time; default: that of the clock.
        erased: remove every version that still holds erased people, even if it would be kept, with
            all objects that only such versions refer to, and what the feedback log replaced.

    Raises:
        NothingFused: there is no version.
        StoreError: a kept version cannot be read, or, with `erased`, the newest version holds
            erased people. Then nothing may be removed.
    """
    store.current()
    # One listing, so that a version published later does not make older files look unreferenced.
    listed = [m for m in list_objects(store.objects, "versions") if _name(m).isdigit()]
    published = max(meta["last_modified"] for meta in listed)
    numbers = sorted(int(_name(meta)) for meta in listed)
    now = now or datetime.now(UTC)
    until = now - older_than
    because = _recently_newest(listed, until) | find_versions_in_use(store, now)
    forced = _versions_with_erased(store) if erased else frozenset[int]()
    kept = sorted({*numbers[-keep:], *(n for n in because if n in numbers)} - forced)
    because = {
        n: why for n, why in sorted(because.items()) if n in kept and n not in numbers[-keep:]
    }
    found = Garbage(
        kept, because, [n for n in numbers if n not in kept], seen=numbers[-1], erased=forced
    )
    named = _referenced_objects(store, (store.version(number) for number in kept))
    if not forced:  # a failed run may have been based on a version with erased people
        named |= objects_of_failed_run(store)
    for meta in listed:
        if _name(meta) in map(_stem, found.versions):
            found.add("versions", meta)
    parts = [m for m in list_objects(store.objects, "tables") if "/_delta_log/" not in m["path"]]
    parts += list_objects(store.objects, INPUTS_FOLDER) + list_objects(store.objects, FAILED_RUNS)
    parts += [m for top in _STAGED_IN for m in list_staged(store.objects, top)]
    loose = [m for m in [*parts, *_unpublished_model_files(store)] if m["path"] not in named]
    check_removable(store.objects, [meta["path"] for meta in loose])
    young = _may_be_in_use(loose, until, published)
    # A run in progress is based on the newest version, so it needs nothing that only these have.
    young -= _referenced_objects(store, (store.version(number) for number in sorted(forced)))
    for meta in loose:
        if meta["path"] in young:
            found.waiting += 1
            continue
        top, second, *_ = meta["path"].split("/")
        found.add({"tables": second, INPUTS_FOLDER: "versions"}.get(top, top), meta)
    for meta in _obsolete_feedback(store, now if erased else until):
        found.add("feedback", meta)
    return found


def _name(meta: ObjectMeta) -> str:
    return meta["path"].rpartition("/")[2].removesuffix(".json")


def _may_be_in_use(loose: list[ObjectMeta], until: datetime, published: datetime) -> set[str]:
    """Returns the objects that a run in progress may have written.

    Such a run will publish the next version, so it started after the newest version was published.
    Older objects are not its own. If an object is younger than the grace period, a run may be in
    progress. Then every object written after the newest version may belong to it.
    """
    young = {m["path"] for m in loose if m["last_modified"] > until}
    # S3 times have a resolution of 1 s, so an object of the same second may be newer.
    after = {m["path"] for m in loose if m["last_modified"] >= published}
    return young | after if young & after else young


def remove_garbage(store: Store, found: Garbage) -> None:
    """Removes the garbage: versions first, so that no version refers to a removed file.

    Objects of versions that were published in the meantime are kept (a rollback uses old files).

    Raises:
        StoreError: the store cannot be written, or another collection removed a kept version.
    """
    if not set(found.kept) <= set(store.numbers()):
        raise StoreError(
            "another `plait gc` is running on this store.", fix="Run again when it ends."
        )
    unforced = set(found.versions) - found.erased
    if begun := [number for number in find_versions_in_use(store) if number in unforced]:
        raise StoreError(
            f"store version {begun[0]} came into use while `plait gc` ran.",
            fix="Run again. It keeps that version.",
        )
    versions = [name for name in found.objects.get("versions", []) if name.startswith("versions/")]
    remove_objects(store.objects, versions)
    failed = set() if found.erased else objects_of_failed_run(store)
    newer = [store.version(number) for number in store.numbers() if number > found.seen]
    spared = {*_referenced_objects(store, newer), *failed, *versions}
    for names in found.objects.values():
        remove_objects(store.objects, [name for name in names if name not in spared])
    store.repair_pointer()


def _versions_with_erased(store: Store) -> frozenset[int]:
    """Returns the versions that hold people who were erased since; checks the newest one.

    Raises:
        StoreError: the newest version is one of them.
    """
    versions = store.versions()
    found = frozenset(v.number for v in versions if unread_erasure_rows(store, v).height)
    if versions and versions[-1].number in found:
        raise StoreError(
            f"the newest store version, {versions[-1].number}, still holds erased people.",
            fix="Run `plait fuse` first. It publishes a version without them.",
        )
    return found


def _referenced_objects(store: Store, versions: Iterable[StoreVersion]) -> set[str]:
    """Returns the objects that `versions` refer to; reads each Delta version once."""
    versions = list(versions)
    tables = {pair for version in versions for pair in version.tables.items()}
    named = {
        file for name, delta in tables for file in data_file_paths(store.location, name, delta)
    }
    return named | {v.inputs.path for v in versions if isinstance(v.inputs, InputRecords)}


def _obsolete_feedback(store: Store, until: datetime) -> list[ObjectMeta]:
    """Returns the obsolete objects of the feedback log that were replaced before `until`."""
    return [
        meta
        for folder in LOG_FOLDERS
        if (old := set(find_obsolete(list_log(store, folder), until)))
        for meta in list_objects(store.objects, folder)
        if meta["path"] in old
    ]


def _recently_newest(listed: list[ObjectMeta], until: datetime) -> dict[int, str]:
    """Returns the versions that were superseded after `until`, with the reason to keep them."""
    moments = sorted((int(_name(m)), m["last_modified"]) for m in listed)
    return {
        number: "it was the newest version until recently"
        for (number, _), (_, replaced) in pairwise(moments)
        if replaced > until
    }


def _unpublished_model_files(store: Store) -> list[ObjectMeta]:
    """Returns the files of model versions without a manifest, whose publication was killed."""
    metas = [m for m in list_objects(store.objects, "models") if _is_model_file(m["path"])]
    whole = {m["path"].rpartition("/")[0] for m in metas if m["path"].endswith(f"/{MANIFEST}")}
    return [m for m in metas if m["path"].rpartition("/")[0] not in whole]


def _is_model_file(path: str) -> bool:
    parts = path.split("/")
    return len(parts) == 4 and parts[2][:1] == "v" and parts[2][1:].isdigit()


def _stem(number: int) -> str:
    return f"{number:08d}"
