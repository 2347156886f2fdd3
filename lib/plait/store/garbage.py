"""What no kept version names, and its removal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from plait.errors import StoreError
from plait.store.feedback.compaction import find_obsolete
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
_STAGED_IN = ("tables", "models", "versions", "inputs", "feedback", "runs")


@dataclass
class Garbage:
    """What a collection removes and keeps.

    Attributes:
        kept: numbers of the store versions that stay.
        because: why a version stays that is not among the newest, by number.
        versions: numbers of the store versions that go.
        objects: names of the objects that go, by kind: the table, `versions` (and what they read),
            `models` or `feedback`.
        bytes: what they take, by kind.
        waiting: objects that no kept version names but that are too young to go.
        seen: the newest version that was looked at.
    """

    kept: list[int]
    because: dict[int, str]
    versions: list[int]
    objects: dict[str, list[str]] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    seen: int = 0

    def add(self, kind: str, meta: ObjectMeta) -> None:
        """Counts one object that goes."""
        self.objects.setdefault(kind, []).append(meta["path"])
        self.bytes[kind] = self.bytes.get(kind, 0) + meta["size"]


def find_garbage(
    store: Store, keep: int, older_than: timedelta = GC_GRACE, now: datetime | None = None
) -> Garbage:
    """Returns what can go when the newest `keep` store versions stay.

    Those in use stay too (see find_uses), and one that was the newest a moment ago: whoever
    began with it may still read it. The feedback log, Delta's logs and published models always
    stay; objects of the log whose rows lie in its larger parts go.

    Args:
        store: the store.
        keep: store versions to keep, at least 1.
        older_than: an object written later than so long ago may belong to a run in progress, and
            a version that was the newest later than so long ago may be read by one.
        now: default: the clock's.

    Raises:
        NothingFused: there is no version.
        StoreError: a kept version cannot be read; nothing may go then.
    """
    store.current()
    # One look: a version published after it must not make older parts look like nobody's.
    listed = [m for m in list_objects(store.objects, "versions") if _name(m).isdigit()]
    published = max(meta["last_modified"] for meta in listed)
    numbers = sorted(int(_name(meta)) for meta in listed)
    now = now or datetime.now(UTC)
    until = now - older_than
    because = _recently_newest(listed, until) | find_versions_in_use(store, now)
    kept = sorted({*numbers[-keep:], *(n for n in because if n in numbers)})
    because = {
        n: why for n, why in sorted(because.items()) if n in kept and n not in numbers[-keep:]
    }
    found = Garbage(kept, because, [n for n in numbers if n not in kept], seen=numbers[-1])
    named = _referenced_objects(store, (store.version(number) for number in kept))
    for meta in listed:
        if _name(meta) in map(_stem, found.versions):
            found.add("versions", meta)
    parts = [m for m in list_objects(store.objects, "tables") if "/_delta_log/" not in m["path"]]
    parts += list_objects(store.objects, INPUTS_FOLDER)
    parts += [m for top in _STAGED_IN for m in list_staged(store.objects, top)]
    loose = [m for m in [*parts, *_unpublished_model_files(store)] if m["path"] not in named]
    check_removable(store.objects, [meta["path"] for meta in loose])
    young = _may_be_in_use(loose, until, published)
    for meta in loose:
        if meta["path"] in young:
            found.waiting += 1
            continue
        top, second, *_ = meta["path"].split("/")
        found.add({"tables": second, INPUTS_FOLDER: "versions"}.get(top, top), meta)
    for meta in _obsolete_feedback(store, until):
        found.add("feedback", meta)
    return found


def _name(meta: ObjectMeta) -> str:
    return meta["path"].rpartition("/")[2].removesuffix(".json")


def _may_be_in_use(loose: list[ObjectMeta], until: datetime, published: datetime) -> set[str]:
    """Returns the objects that a run in progress may have written.

    Such a run will publish the next version, so it began with the newest one there is: what is
    older than that is nobody's. As long as something young shows that a run is at work, all
    that came after the newest version may be its own, however long ago it was written.
    """
    young = {m["path"] for m in loose if m["last_modified"] > until}
    # S3's clock ticks in seconds: what bears the version's own second may have come after it.
    after = {m["path"] for m in loose if m["last_modified"] >= published}
    return young | after if young & after else young


def remove_garbage(store: Store, found: Garbage) -> None:
    """Removes what was found: first the versions, so that none names a part that is gone.

    What a version names that was published meanwhile (a rollback's names old parts) stays.

    Raises:
        StoreError: the store cannot be written, or another collection removed a kept version.
    """
    if not set(found.kept) <= set(store.numbers()):
        raise StoreError("another `plait gc` works on this store.", fix="Run again when it ends.")
    if begun := [number for number in find_versions_in_use(store) if number in found.versions]:
        raise StoreError(
            f"something began to read store version {begun[0]} a moment ago.",
            fix="Run again: it is kept then.",
        )
    versions = [name for name in found.objects.get("versions", []) if name.startswith("versions/")]
    remove_objects(store.objects, versions)
    newer = [store.version(number) for number in store.numbers() if number > found.seen]
    spared = {*_referenced_objects(store, newer), *versions}
    for names in found.objects.values():
        remove_objects(store.objects, [name for name in names if name not in spared])
    store.repair_pointer()


def _referenced_objects(store: Store, versions: Iterable[StoreVersion]) -> set[str]:
    """Returns the objects that `versions` name, each Delta version looked at once."""
    versions = list(versions)
    tables = {pair for version in versions for pair in version.tables.items()}
    named = {
        file for name, delta in tables for file in data_file_paths(store.location, name, delta)
    }
    return named | {v.inputs.path for v in versions if isinstance(v.inputs, InputRecords)}


def _obsolete_feedback(store: Store, until: datetime) -> list[ObjectMeta]:
    """Returns the objects of the feedback log whose rows lie in larger parts since `until`."""
    return [
        meta
        for folder in LOG_FOLDERS
        if (old := set(find_obsolete(list_log(store, folder), until)))
        for meta in list_objects(store.objects, folder)
        if meta["path"] in old
    ]


def _recently_newest(listed: list[ObjectMeta], until: datetime) -> dict[int, str]:
    """Returns the versions that another one replaced after `until`, and why they stay."""
    moments = sorted((int(_name(m)), m["last_modified"]) for m in listed)
    return {
        number: "it was the newest until a moment ago"
        for (number, _), (_, replaced) in pairwise(moments)
        if replaced > until
    }


def _unpublished_model_files(store: Store) -> list[ObjectMeta]:
    """Returns the files of model versions that have no manifest: their publication was killed."""
    metas = [m for m in list_objects(store.objects, "models") if _is_model_file(m["path"])]
    whole = {m["path"].rpartition("/")[0] for m in metas if m["path"].endswith(f"/{MANIFEST}")}
    return [m for m in metas if m["path"].rpartition("/")[0] not in whole]


def _is_model_file(path: str) -> bool:
    parts = path.split("/")
    return len(parts) == 4 and parts[2][:1] == "v" and parts[2][1:].isdigit()


def _stem(number: int) -> str:
    return f"{number:08d}"
