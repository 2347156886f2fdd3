"""Back to an older store version, by publishing its tables once more under a new number."""

from __future__ import annotations

from plait.errors import StoreError
from plait.store.store import Store
from plait.store.store_version import StoreVersion


def roll_back(store: Store, number: int | None = None) -> StoreVersion:
    """Publishes a version with the tables of version `number`, and returns it.

    Nothing is rewritten, and no version is lost. What the older version read is what the new
    one says it read, so the next fuse takes up what came after it again.

    Args:
        store: the store.
        number: default: the version that the newest one that still holds came after.

    Raises:
        NothingFused: there is no version yet.
        StoreError: there is no such version, or nothing to go back to.
        VersionExists: another run published at the same moment.
    """
    now = store.current()
    older = store.version(number if number is not None else _previous_number(store, now))
    if older.tables == now.tables:
        raise StoreError(
            f"version {now.number} has the tables of version {older.number} already.",
            fix="Name another one; `plait versions` lists them.",
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
        contract=older.contract,
    )
    if older.number not in store.numbers():  # `plait gc` takes versions first, then their parts
        store.withdraw(version)
        raise StoreError(
            f"version {older.number} was removed by `plait gc` at this moment.",
            fix="Go back to another one; `plait versions` lists them.",
        )
    return version


def _previous_number(store: Store, now: StoreVersion) -> int:
    """Returns the version to go back to: two rollbacks in a row go back two."""
    held: list[int] = []
    for version in store.versions():
        if version.restores:  # what it undid no longer holds, whether gc left the older one or not
            held = [number for number in held if number < version.restores]
        held.append(version.restores or version.number)
    older = [number for number in held[:-1] if number in store.numbers()]
    if not older:
        raise StoreError(
            f"nothing stands before version {now.number} of the store '{store.uri}'.",
            fix="Name a version: plait versions rollback N",
        )
    return older[-1]
