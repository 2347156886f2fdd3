"""What a fuse erases outside the tables, after it published a version without erased people.

To add a place, add a function to ERASERS. A function of store.erasures.places tells how far it is.
"""

from __future__ import annotations

from collections.abc import Callable

from plait.config import Project
from plait.fusion.stages.erase_people import FusionErasures
from plait.store.batch_lists import take_people_out
from plait.store.erasures.update_receipts import update_receipts
from plait.store.store import Store
from plait.store.store_version import StoreVersion

Eraser = Callable[[Project, Store, StoreVersion, FusionErasures], None]


def erase_from_lists(
    _: Project, store: Store, version: StoreVersion, erasures: FusionErasures
) -> None:
    """Takes erased people out of batch lists."""
    take_people_out(store, erasures.every.covers, version.number)


ERASERS: tuple[Eraser, ...] = (erase_from_lists,)


def erase_elsewhere(
    project: Project, store: Store, version: StoreVersion, erasures: FusionErasures
) -> None:
    """Erases people from all other places, and updates the receipts.

    Raises:
        StoreError: the store cannot be read or written.
    """
    if not erasures.every:
        return
    for erase in ERASERS:
        erase(project, store, version, erasures)
    update_receipts(store)
