"""The feedback log: what the endpoint accepted since, read as one more source."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from plait.contracts.tables import EVENTS
from plait.errors import UnreadableFile
from plait.store.objects import list_objects, read_object
from plait.store.store import Store

EVENTS_AT, LINKS_AT = "feedback/events", "feedback/links"
CLEAN: dict[str, Any] = {name: k for name, k in EVENTS.polars.items() if name != "person"}
LINKS: dict[str, Any] = dict.fromkeys(
    ("account_a", "platform_a", "account_b", "platform_b"), pl.String()
)


def list_feedback(store: Store, folder: str) -> list[dict[str, Any]]:
    """Returns path, bytes and modification time of every Parquet object in `folder`."""
    found = [
        {"path": str(o["path"]), "bytes": o["size"], "modified": o["last_modified"].timestamp()}
        for o in list_objects(store.objects, folder)
        if str(o["path"]).endswith(".parquet")
    ]
    return sorted(found, key=lambda record: str(record["path"]))


def read_feedback(store: Store, path: str) -> pl.DataFrame:
    """Returns the events in the object at `path`: EVENTS columns but `person`, and `home`.

    `home` is the account's pseudonym on its home platform (identity.groups.home_account) where
    the writer knew it; raw ids are not in the log, so it cannot be worked out later.
    """
    return _read(store, path, CLEAN | {"home": pl.String()})


def read_links(store: Store, paths: Sequence[str]) -> pl.DataFrame:
    """Returns account_a, platform_a, account_b, platform_b of every link asserted in `paths`."""
    parts = [_read(store, path, LINKS) for path in paths]
    return pl.concat(parts).unique() if parts else pl.DataFrame(schema=LINKS)


def _read(store: Store, path: str, schema: Mapping[str, Any]) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(io.BytesIO(read_object(store.objects, path)))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnreadableFile(
            f"'{path}' in the store '{store.uri}' cannot be read ({str(error).splitlines()[0]}).",
            allowed="The feedback log holds Parquet files that `plait serve` writes.",
            fix=f"Restore it, or move it out of {path.rsplit('/', 1)[0]}/.",
        ) from None
    return frame.select(
        pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in schema.items()
    )
