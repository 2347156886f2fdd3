"""The quarantine of a run that published nothing stays until a version is published."""

from __future__ import annotations

from plait.contracts.store_tables import QUARANTINE
from plait.store import Store
from plait.store.failed_run import (
    FailedRun,
    keep_failed_run,
    last_failed_run,
    objects_of_failed_run,
    scan_failed_run,
)

from .test_store import bad_row


def _fail(store: Store, reason: str, after: int) -> FailedRun:
    writer = store.writer(QUARANTINE)
    writer.write(bad_row(reason))
    run = FailedRun(after, f"failed by {reason}", {"quarantine": writer.commit()})
    keep_failed_run(store, run)
    return run


def test_a_store_without_a_failed_run_has_none(either_store: Store) -> None:
    assert last_failed_run(either_store) is None
    assert objects_of_failed_run(either_store) == set()


def test_the_last_one_is_kept(either_store: Store) -> None:
    _fail(either_store, "first", 0)
    last = _fail(either_store, "second", 0)
    assert last_failed_run(either_store) == last
    rows = scan_failed_run(either_store, "quarantine", last).collect()
    assert rows["reason"].to_list() == ["second"]
    assert len(objects_of_failed_run(either_store)) == 2


def test_a_version_that_is_published_replaces_it(either_store: Store) -> None:
    _fail(either_store, "old", 0)
    either_store.publish({"quarantine": either_store.writer(QUARANTINE).commit()}, {}, [])
    assert last_failed_run(either_store) is None
    assert objects_of_failed_run(either_store) == set()
    again = _fail(either_store, "new", 1)
    assert last_failed_run(either_store) == again
