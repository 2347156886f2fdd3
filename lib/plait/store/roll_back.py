"""Rolls back to an older store version by publishing its tables under a new number."""

from __future__ import annotations

from plait.errors import StoreError
from plait.store.store import Store
from plait.store.store_version import StoreVersion


def roll_back(store: Store, number: int | None = None) -> StoreVersion:
    """Publishes a version with the tables of version `number`, and returns it.

    No table is rewritten, and no version is removed. The new version has the input records of the
    older one, so the next fuse reads again all inputs that were added later.

    Args:
        store: the store.
        number: the number of the older version; default: the version before the current one,
            where versions that a rollback has undone do not count.

    Raises:
        NothingFused: there is no version yet.
        StoreError: there is no such version, or no earlier version to roll back to.
        VersionExists: another run published at the same moment.
    """
    now = store.current()
    older = store.version(number if number is not None else _previous_number(store, now))
    if older.tables == now.tables:
        raise StoreError(
            f"version {now.number} has the tables of version {older.number} already.",
            fix="Name another version; `plait versions` lists them.",
        )
    restored = older.restores or older.number
    version = store.publish(
        older.tables,
        older.counts,
        older.inputs,
        now.number + 1,
        restores=restored,
        buckets=older.buckets,
        settings=older.settings,
        run=older.run,
        learned=older.learned,
        contract=older.contract,
    )
    if older.number not in store.numbers():  # `plait gc` removes versions first, then their files
        store.withdraw(version)
        raise StoreError(
            f"version {older.number} was removed by `plait gc` during the rollback.",
            fix="Roll back to another version; `plait versions` lists them.",
        )
    return version


def _previous_number(store: Store, now: StoreVersion) -> int:
    """Returns the version to roll back to. Two rollbacks in a row go back two versions."""
    held: list[int] = []
    for version in store.versions():
        if (
            version.restores
        ):  # versions that it undid do not count, even if gc removed the older one
            held = [number for number in held if number < version.restores]
        held.append(version.restores or version.number)
    older = [number for number in held[:-1] if number in store.numbers()]
    if not older:
        raise StoreError(
            f"there is no version before {now.number} in the store '{store.uri}'.",
            fix="Name a version: plait versions rollback N",
        )
    return older[-1]
