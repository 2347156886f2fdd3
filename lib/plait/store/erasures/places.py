"""The places of the store that may hold an erased person, each a function of the receipt.

To add a place, add a function to PLACES. It says how far the erasure is there, from what is in the
store now.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from plait.errors import NoModel
from plait.store.batch_lists import recorded_lists
from plait.store.erasures.receipt import PlaceState, Receipt, utc_text
from plait.store.feedback.log_listing import list_log
from plait.store.feedback.log_paths import LOG_FOLDERS
from plait.store.registry import Registry
from plait.store.store import Store
from plait.store.store_objects import list_objects, read_object

Place = Callable[[Store, Receipt], PlaceState]
_GC = "plait gc --keep 1 --erased"


def done(what: str) -> PlaceState:
    """Returns that a place is done now."""
    return PlaceState("done", utc_text(), what)


def pending(what: str) -> PlaceState:
    """Returns that a place is pending, and what will do it."""
    return PlaceState("pending", "", what)


def live_state(_: Store, receipt: Receipt) -> PlaceState:
    """The endpoint's memory of people; over HTTP it is done at once."""
    before = receipt.places.get("live_state")
    if before and before.state == "done":
        return before
    if receipt.version is not None:
        return done(f"an endpoint forgets with store version {receipt.version}")
    return pending(
        "an endpoint that runs forgets with the next store version (plait fuse), or at once if "
        "the DELETE is sent to it"
    )


def feedback_log(store: Store, receipt: Receipt) -> PlaceState:
    """The log of what the endpoint accepted."""
    if receipt.version is None:
        return pending("plait fuse rewrites it")
    since = datetime.fromisoformat(receipt.requested)
    for folder in LOG_FOLDERS:
        listing = list_log(store, folder)
        if any(
            (moment := listing.index.replaced.get(path)) is None or moment >= since
            for path in listing.obsolete
        ):
            return pending(f"it is rewritten; {_GC} removes the files that were replaced")
    return done("rewritten")


def tables(_: Store, receipt: Receipt) -> PlaceState:
    """The tables of the newest store version."""
    if receipt.version is None:
        return pending("plait fuse leaves the person out")
    return done(f"store version {receipt.version}")


def older_versions(store: Store, receipt: Receipt) -> PlaceState:
    """The store versions from before."""
    numbers = store.numbers()
    older = [n for n in numbers if receipt.version is None or n < receipt.version]
    if older:
        named = ", ".join(map(str, older[:20])) + (" ..." if len(older) > 20 else "")
        return pending(f"{_GC} removes the versions {named}")
    return done("removed") if numbers else PlaceState("none", utc_text(), "there are none")


def vault(store: Store, receipt: Receipt) -> PlaceState:
    """The encrypted attributes of accounts."""
    if not list_objects(store.objects, "vault"):
        return PlaceState("none", utc_text(), "nothing is in the vault")
    if receipt.version is None:
        return pending("plait fuse removes the accounts from it")
    return done("removed")


def batch_lists(store: Store, receipt: Receipt) -> PlaceState:
    """The lists that batch runs wrote for everybody."""
    lists = recorded_lists(store)
    if not lists:
        return PlaceState("none", utc_text(), "no batch lists are recorded")
    left = [f"{one.folder} ({one.fault})" if one.fault else one.folder for one in lists
            if receipt.version is None or one.version < receipt.version]  # fmt: skip
    if left:
        return pending(f"plait fuse takes the person out of {', '.join(left)}")
    return done("taken out")


def models(store: Store, receipt: Receipt) -> PlaceState:
    """The model versions that learned from the person: named until a newer one is current."""
    registry = Registry(store)
    serving: list[str] = []
    others: list[str] = []
    for name in registry.names():
        try:
            current = registry.current(name)
        except (NoModel, FileNotFoundError):
            current = ""
        for version in registry.versions(name):
            if _saw(store, name, version, receipt):
                (serving if version == current else others).append(f"{name} {version}")
    if serving:
        also = f"; older ones: {', '.join(others)}" if others else ""
        return pending(f"plait train replaces {', '.join(serving)}{also}")
    if others:
        return done(f"no current model learned from the person; kept: {', '.join(others)}")
    return PlaceState("none", utc_text(), "no model learned from the person")


def _saw(store: Store, name: str, version: str, receipt: Receipt) -> bool:
    if receipt.version is None:
        return True
    try:
        body = read_object(store.objects, f"models/{name}/{version}/config.json")
        return int(json.loads(body)["training"]["store_version"]) < receipt.version
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return True  # unknown: it is named


# In the order in which a receipt lists them.
PLACES: dict[str, Place] = {
    "live_state": live_state,
    "feedback_log": feedback_log,
    "tables": tables,
    "older_versions": older_versions,
    "vault": vault,
    "batch_lists": batch_lists,
    "models": models,
}
