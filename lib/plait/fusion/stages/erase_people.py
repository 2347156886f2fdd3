"""Erases people from what a fuse builds on: the feedback log, and the base version."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from deltalake.transaction import AddAction

from plait.contracts.store_tables import QUARANTINE, REMOVED_EVENTS
from plait.engine.engine import Engine, Frames
from plait.fusion.incremental.base_version import BaseBucket, BaseBucketReader, BaseVersion
from plait.fusion.kernels.erased_events import remove_erased_quarantine
from plait.fusion.row_counts import ROW_COUNTS
from plait.fusion.stages.find_inputs import MAX_BUCKETS
from plait.fusion.stages.redact_assertions import redact_assertions
from plait.identity.ledger import IdentityLedger
from plait.privacy.erased_rows import events_erased, without_erased
from plait.privacy.erasure import Erasures, person_after
from plait.privacy.pseudonym import person_of
from plait.store.delta_tables import TableWriter
from plait.store.feedback.erasure_log import read_erasure_rows, unread_erasure_rows
from plait.store.feedback.log_paths import ERASURES_FOLDER, LOG_FOLDERS
from plait.store.feedback.rewrite_log import rewrite_log
from plait.store.store import Store
from plait.store.store_version import StoreVersion
from plait.store.table_files import scan_data_files

# What was in flight at an erasure (a batch of the drainer, impressions in memory) is in the log by
# then.
_SETTLED_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class FusionErasures:
    """The erasures that a fuse heeds.

    Attributes:
        every: all of them.
        new: those that the current version does not know.
    """

    every: Erasures = field(default_factory=Erasures)
    new: Erasures = field(default_factory=Erasures)


def read_erasures(store: Store, current: StoreVersion | None) -> FusionErasures:
    """Returns the erasures that a fuse on top of `current` heeds.

    Raises:
        StoreError: the store cannot be read.
    """
    every, new = read_erasure_rows(store), unread_erasure_rows(store, current)
    return FusionErasures(Erasures(every), Erasures(new))


def erase_from_log(store: Store, current: StoreVersion | None) -> FusionErasures:
    """Rewrites the feedback log without what is erased; returns the erasures.

    The whole log is looked at if there are new erasures, or were in the hour before the current
    version; else only what that version has not read.

    Raises:
        StoreError: the store cannot be read or written.
    """
    found = read_erasures(store, current)
    if not found.every:
        return found
    known: Collection[str] = ()
    if current is not None and not found.new and _settled(found.every, current):
        known = {str(record.get("path", "")) for record in current.inputs}
    for folder in LOG_FOLDERS:
        if folder != ERASURES_FOLDER:
            rewrite_log(store, folder, lambda rows: without_erased(rows, found.every), known)
    redact_assertions(store, found.every)
    return found


def _settled(erasures: Erasures, current: StoreVersion) -> bool:
    last: Any = erasures.rows["time"].max()
    return bool(last < datetime.fromisoformat(current.published) - _SETTLED_AFTER)


def rewrite_quarantine(
    store: Store, base: BaseVersion, writer: TableWriter
) -> tuple[list[AddAction], pl.DataFrame]:
    """Writes the base's quarantine anew where it shows erased accounts.

    Returns the files of the base that stay, and ROW_COUNTS of what went.
    """
    held = base.parts(QUARANTINE.name)
    counts = [pl.DataFrame(schema=ROW_COUNTS)]
    if not base.erasures:
        return held, counts[0]
    stay = []
    for part in held:
        rows = scan_data_files(store.location, QUARANTINE, [part.path]).collect()
        left, moved = remove_erased_quarantine(rows, base.erasures)
        if left.height == rows.height:
            stay.append(part)
            continue
        writer.write(left)
        counts.append(moved)
    return stay, pl.concat(counts)


@dataclass(frozen=True)
class ErasedFromBase:
    """What new erasures touch in the base version.

    Attributes:
        buckets: the buckets with rows that they take away.
        emptied: the other accounts whose events are all about an erased account.
    """

    buckets: set[int] = field(default_factory=set)
    emptied: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _ErasedCreators:
    """Finds events about erased accounts, which other accounts did."""

    erasures: Erasures

    def __call__(self, held: BaseBucket, rows: pl.DataFrame) -> Frames:
        """Returns `accounts`: account, bucket, left of accounts with such events.

        `left` is whether they have other events too.
        """
        gone = events_erased(rows, self.erasures)
        counted = rows.select("account").with_columns(gone=gone).group_by("account").agg(
            touched=pl.col("gone").any(), left=~pl.col("gone").all()
        )  # fmt: skip
        found = counted.filter("touched").select("account", "left")
        return {"accounts": found.with_columns(bucket=pl.lit(held.bucket, pl.Int64))}


def find_erased_in_base(
    engine: Engine[Any], store: Store, base: BaseVersion, creators: bool
) -> ErasedFromBase:
    """Returns what new erasures touch in the base.

    Args:
        engine: the engine that reads the base.
        store: the store.
        base: the base version.
        creators: whether creators are accounts on a platform, so that others' events name them.
    """
    buckets = base.erased_buckets
    if not (base.erasures and creators):
        return ErasedFromBase(buckets)
    out = engine.map_splits(
        base.reprocessed_buckets(range(MAX_BUCKETS)),
        BaseBucketReader(store, ("account", "object_kind", "object_id", "time")),
        _ErasedCreators(base.erasures),
        spills={},
        tables={},
        merges={"accounts": lambda frame: frame},
    )
    if not out:
        return ErasedFromBase(buckets)
    found = out["accounts"]
    # Whoever has noise besides keeps it: they are seen in a full run too.
    noisy = store.scan(REMOVED_EVENTS.name, base.version).select("account").unique().collect()
    emptied = found.filter(~pl.col("left")).join(noisy, on="account", how="anti")["account"]
    return ErasedFromBase(buckets | set(found["bucket"]), frozenset(emptied))


def forget_people(
    before: pl.DataFrame, known: pl.DataFrame, erasures: Erasures
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns what the ledger may know of the previous version: nothing of what is erased.

    An id is forgotten if it is erased itself, or was made from an account that is.

    Args:
        before: account, person.
        known: person, merged_into, and founded_by if the version has it.
        erasures: those that the previous version does not know.
    """
    if not erasures:
        return before, known
    gone = erasures.covers(known["person"])
    if "founded_by" in known.columns:
        gone |= erasures.covers(known["founded_by"])
    forgotten = known.filter(gone)["person"]
    before = before.filter(
        ~erasures.covers(before["account"]) & ~before["person"].is_in(forgotten.implode())
    )
    into = known["merged_into"].is_in(forgotten.implode()).fill_null(value=False)
    return before, known.filter(~gone & ~into)


def rename_new_people(
    ledger: IdentityLedger, accounts: pl.Series, erasures: Erasures
) -> IdentityLedger:
    """Returns `ledger` with other ids for new people whose account was erased before.

    Without this, an account that comes back would have the id that was erased.

    Args:
        ledger: the ledger.
        accounts: all accounts.
        erasures: all erasures.
    """
    found = erasures.find(accounts)
    if not found.height:
        return ledger
    names = found.select(
        person=person_of(pl.col("id")), fresh=person_after(pl.col("id"), pl.col("receipt"))
    )
    persons = ledger.persons.join(names, on="person", how="left", maintain_order="left")
    named = persons.with_columns(person=pl.coalesce("fresh", "person")).drop("fresh")
    return IdentityLedger(named, ledger.retired)
