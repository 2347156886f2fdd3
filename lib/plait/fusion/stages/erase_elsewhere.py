"""What a fuse erases outside the tables, after it published a version without erased people.

To add a place, add a function to ERASERS. A function of store.erasures.places tells how far it is.
"""

from __future__ import annotations

from collections.abc import Callable

from plait.config import Project
from plait.fusion.stages.erase_people import FusionErasures
from plait.privacy.pseudonym_key import load_key
from plait.privacy.vault import open_vault
from plait.store.batch_lists import take_people_out
from plait.store.erasures.update_receipts import update_receipts
from plait.store.object_folder import ObjectFolder
from plait.store.store import Store
from plait.store.store_version import StoreVersion

Eraser = Callable[[Project, Store, StoreVersion, FusionErasures], None]


def erase_from_lists(
    _: Project, store: Store, version: StoreVersion, erasures: FusionErasures
) -> None:
    """Takes erased people out of batch lists."""
    take_people_out(store, erasures.every.covers, version.number)


def erase_from_vault(
    project: Project, store: Store, _: StoreVersion, erasures: FusionErasures
) -> None:
    """Removes what the vault has of erased accounts, if the project has a vault."""
    vault = open_vault(project, ObjectFolder(store.objects), load_key(project))
    if vault is None:
        return
    for rows in list(vault.scan()):
        if "account" not in rows.columns:
            continue
        gone = rows["account"].filter(erasures.every.covers(rows["account"]))
        if gone.len():
            vault.remove(gone)


ERASERS: tuple[Eraser, ...] = (erase_from_lists, erase_from_vault)


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
