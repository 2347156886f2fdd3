"""Lists and reads a folder of the feedback log, so that every row is read exactly once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from plait.errors import UnreadableFile
from plait.store.feedback.compaction_index import CompactionIndex, read_index
from plait.store.feedback.log_part import LOG_OBJECT, LOG_PARTS, RowOrigin, read_origins, read_rows
from plait.store.feedback.log_paths import SUFFIX, compaction_number, id_span
from plait.store.store import Store
from plait.store.store_objects import ObjectStore, list_objects


@dataclass(frozen=True)
class LogSlice:
    """A path of the log (object or part), and the objects whose rows to read; null: all."""

    path: str
    objects: frozenset[str] | None = None


@dataclass(frozen=True)
class LogListing:
    """The contents of a folder of the log.

    Attributes:
        store: the store of the log.
        folder: the folder of the log.
        index: the newest compaction index.
        records: path, bytes and modification time of the objects and parts with the rows.
        obsolete: the paths without rows of their own. They were replaced, or no index names them.
    """

    store: Store
    folder: str
    index: CompactionIndex
    records: list[dict[str, Any]]
    obsolete: list[str]

    @cached_property
    def paths(self) -> list[str]:
        """The sorted paths of the objects and parts with the rows."""
        return [str(record["path"]) for record in self.records]

    @cached_property
    def bytes(self) -> int:
        """The size of these objects and parts, in bytes."""
        return sum(int(record["bytes"]) for record in self.records)

    def slices(self) -> list[LogSlice]:
        """Returns slices with all rows of the folder."""
        return [LogSlice(path) for path in self.paths]

    def unread(self, known: Collection[str]) -> list[LogSlice]:
        """Returns slices with the rows that were not in the objects and parts `known`."""
        found = []
        for path in self.paths:
            if path in known:
                continue
            if compaction_number(path) is None:
                found.append(LogSlice(path))
                continue
            origins = self._origins(path)
            new = frozenset(o.object for o in origins if not o.was_read_in(known))
            if new:
                found.append(LogSlice(path, None if len(new) == len(origins) else new))
        return found

    def missing(self, known: Collection[str]) -> list[str]:
        """Returns the objects and parts of `known` in this folder whose rows are lost."""
        here = {path for path in known if path.startswith(f"{self.folder}/")}
        left = here.difference(self.paths, self.index.emptied)
        for path in self.paths:
            if left and path not in known and compaction_number(path) is not None:
                for origin in self._origins(path):
                    left -= {origin.object, *origin.parts}
        return sorted(left)

    def _origins(self, path: str) -> list[RowOrigin]:
        held: dict[str, list[RowOrigin]] = self.__dict__.setdefault("_held", {})
        if path not in held:
            held[path] = read_origins(self.store.objects, path)
        return held[path]


def list_log(store: Store, folder: str) -> LogListing:
    """Returns what is in `folder` of the log now.

    Raises:
        StoreError: the store cannot be read.
    """
    index = _newest_index(store.objects, folder)
    while True:
        metas = [m for m in list_objects(store.objects, folder) if m["path"].endswith(SUFFIX)]
        after = _newest_index(store.objects, folder)
        if after.number == index.number:  # else the listing may belong to another index
            break
        index = after
    rewritten = _find_rewritten(store.objects, index, [m["path"] for m in metas])
    records, obsolete = [], []
    for meta in sorted(metas, key=lambda meta: meta["path"]):
        path = meta["path"]
        is_part = compaction_number(path) is not None
        if path in index.parts or not (is_part or path in index.replaced or path in rewritten):
            modified = meta["last_modified"].timestamp()
            records.append({"path": path, "bytes": meta["size"], "modified": modified})
        else:
            obsolete.append(path)
    return LogListing(store, folder, index, records, obsolete)


def read_slice(store: Store, piece: LogSlice) -> Iterator[pl.DataFrame]:
    """Yields the rows of `piece`, with the object that each row was written to.

    If a compaction moved rows after the listing, they are read from their new parts.

    Raises:
        UnreadableFile: the slice cannot be read, or its rows are lost.
        StoreError: the store cannot be read.
    """
    try:
        rows = read_rows(store.objects, piece.path)
    except FileNotFoundError:
        yield from _read_from_parts(store, piece)
        return
    yield _filter_objects(rows, piece.objects).drop(LOG_PARTS)


def _read_from_parts(store: Store, piece: LogSlice) -> Iterator[pl.DataFrame]:
    """Yields the rows of a removed `piece` from the parts that contain them now."""
    folder = piece.path.rpartition("/")[0]
    found = False
    for path in sorted(_newest_index(store.objects, folder).parts):
        if any(origin.was_read_in({piece.path}) for origin in read_origins(store.objects, path)):
            rows = read_rows(store.objects, path)
            inside = (pl.col(LOG_OBJECT) == piece.path) | pl.col(LOG_PARTS).list.contains(
                piece.path
            )
            yield _filter_objects(rows.filter(inside), piece.objects).drop(LOG_PARTS)
            found = True
    if not found:
        raise UnreadableFile(
            f"'{piece.path}' is missing from the store '{store.uri}'.",
            allowed="Objects of the feedback log stay until `plait gc` removes them.",
            fix="Run again. It reads the objects that remain.",
        )


def _filter_objects(rows: pl.DataFrame, objects: frozenset[str] | None) -> pl.DataFrame:
    return rows if objects is None else rows.filter(pl.col(LOG_OBJECT).is_in(list(objects)))


def _newest_index(objects: ObjectStore, folder: str) -> CompactionIndex:
    while True:
        try:
            return read_index(objects, folder)
        except FileNotFoundError:  # it was removed after newer indexes were published
            continue


def _find_rewritten(objects: ObjectStore, index: CompactionIndex, paths: list[str]) -> set[str]:
    """Returns the objects whose rows are already in a part, because a retry wrote them again.

    Only parts whose stream ids span those of the object are read.
    """
    spans = {path: id_span(path) for path in index.parts}
    found = set()
    looked: dict[str, set[str]] = {}
    for path in paths:
        own = id_span(path)
        if own is None or compaction_number(path) is not None or path in index.replaced:
            continue
        for part, ids in spans.items():
            if ids is None or not ids[0] <= own[0] <= own[1] <= ids[1]:
                continue
            if part not in looked:
                looked[part] = {origin.object for origin in read_origins(objects, part)}
            if path in looked[part]:
                found.add(path)
    return found
