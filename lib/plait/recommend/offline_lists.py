"""Writes lists for every person as Parquet files."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from plait.config import Project, is_remote, load_config
from plait.errors import StoreError
from plait.features.known_people import earlier_items
from plait.features.time_features import to_microseconds
from plait.progress import track_progress
from plait.recommend.ranked_lists import RankedLists
from plait.recommend.recommender import Recommender
from plait.recommend.request_limits import check_k, check_platform
from plait.store import Store
from plait.store.batch_lists import record_lists
from plait.store.location import ObjectStore, open_location
from plait.store.store_objects import address_of, list_objects, remove_objects, write_object

log = logging.getLogger("plait.recommend")
_MAX_SCORES = 16_000_000  # person-item scores held at once
_MAX_PEOPLE = 2048


@dataclass(frozen=True)
class WrittenLists:
    """What a batch run wrote: numbers of people, rows and files, and the model version."""

    people: int
    rows: int
    files: int
    model_version: str


def recommend_everyone(
    config: Project | str | Path,
    folder: Path | str,
    *,
    platforms: Sequence[str] | None = None,
    k: int = 10,
    version: str | None = None,
    now: datetime | None = None,
) -> WrittenLists:
    """Writes the best `k` unseen items of each platform for every person.

    The columns are person, platform, position (1 is the best), item, score and fallback. At
    the end, files that an earlier, longer run left in the folder are removed.

    Args:
        config: a project or its file.
        folder: destination of the part-*.parquet files: a folder, created if missing, or an
            s3:// address.
        platforms: the platforms to recommend from; default: all that the model knows.
        k: items per person and platform.
        version: v1, v2, ...; default: `current`.
        now: the time that all lists are computed for; default: the present.

    Raises:
        BadRequest: `k` is out of range.
        NoModel: there is no such version.
        StoreError: the folder cannot be written.
        UnknownPlatform: the model does not know one of `platforms`.
    """
    moment = to_microseconds(now)
    project = config if isinstance(config, Project) else load_config(config)
    store = Store(project.store_uri)
    base = store.current()
    sequences = store.scan("sequences", base).sort("person").collect()
    recommender = Recommender.load(project, version=version)
    check_k(k)
    chosen = [check_platform(p, recommender.platforms) for p in platforms or recommender.platforms]
    vocabulary = recommender.model.vocabulary
    widest = max(len(vocabulary.platform_items(p)) for p in chosen)
    step = max(1, min(_MAX_PEOPLE, _MAX_SCORES // max(widest, 1)))
    out = _open_folder(folder)
    try:
        record_lists(store, address_of(out), base.number)
    except StoreError as error:
        log.warning("an erasure will not find these lists: %s", error)
    rows, files, written = 0, 0, set[str]()
    with track_progress("recommend", sequences.height, "people") as work:
        for first in range(0, sequences.height, step):
            part = sequences[first : first + step]
            history = recommender.encode(part)
            active = part["item"].list.len().to_numpy() > 0
            earlier = earlier_items(part["seen"], vocabulary)
            tables = [
                _lists_frame(
                    recommender.ranked_lists(
                        history, p, k, active=active, earlier=earlier, now=moment
                    ),
                    part["person"],
                    recommender,
                )
                for p in chosen
            ]
            table = pl.concat(tables)
            written.add(_write_parquet(table, out, f"part-{files:05d}.parquet"))
            rows, files = rows + table.height, files + 1
            work.advance(part.height)
    there = (meta["path"] for meta in list_objects(out, ""))
    parts = [p for p in there if p.startswith("part-") and p.endswith(".parquet")]
    remove_objects(out, [part for part in parts if part not in written])
    return WrittenLists(sequences.height, rows, files, recommender.version)


def _lists_frame(lists: RankedLists, people: pl.Series, recommender: Recommender) -> pl.DataFrame:
    """Returns one row per entry of the lists."""
    row, place = np.nonzero(np.isfinite(lists.scores))
    vocabulary = recommender.model.vocabulary
    items = vocabulary.platform_items(lists.platform)[lists.columns[row, place]]
    return pl.DataFrame(
        {
            "person": people.gather(row),
            "platform": pl.repeat(lists.platform, len(row), eager=True),
            "position": (place + 1).astype(np.int32),
            "item": vocabulary.item_ids(items),
            "score": lists.scores[row, place],
            "fallback": pl.Series(lists.fallback, dtype=pl.String).gather(row),
        }
    )


def _open_folder(folder: Path | str) -> ObjectStore:
    try:
        return open_location(folder).objects
    except StoreError as error:
        if is_remote(str(folder)):
            raise
        raise StoreError(error.seen, allowed=error.allowed, fix="Name another folder.") from None


def _write_parquet(table: pl.DataFrame, out: ObjectStore, name: str) -> str:
    """Writes `table` atomically under `name`; returns the name."""
    body = io.BytesIO()
    table.write_parquet(body)
    write_object(out, name, body.getbuffer())
    return name
