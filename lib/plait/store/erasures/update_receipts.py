"""Keeps the receipts of erasures up to date: after a fuse, and after `plait gc`."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from plait.errors import NothingFused
from plait.store.erasures.places import PLACES
from plait.store.erasures.receipt import (
    Receipt,
    read_receipts,
    utc_text,
    write_receipt,
)
from plait.store.feedback.erasure_log import read_erasure_rows, unread_erasure_rows
from plait.store.store import Store


def look_at_places(store: Store, receipt: Receipt) -> Receipt:
    """Returns `receipt` with the present state of each place.

    Raises:
        StoreError: the store cannot be read.
    """
    for name, place in PLACES.items():
        receipt = receipt.with_place(name, place(store, receipt))
    return receipt


def update_receipts(store: Store) -> list[Receipt]:
    """Updates every receipt; returns them, the oldest first.

    An erasure in the feedback log without a receipt gets one.

    Raises:
        StoreError: the store cannot be read or written.
    """
    written = {receipt.id: receipt for receipt in read_receipts(store)}
    held = dict(written)
    rows = read_erasure_rows(store)
    for receipt, requested, accounts in (
        rows.group_by("receipt")
        .agg(pl.col("time").max(), pl.col("platform").is_not_null().sum())
        .iter_rows()
    ):
        held.setdefault(receipt, Receipt(receipt, utc_text(requested), accounts))
    known = set(rows["receipt"]) - set(_unread(store))
    number = max(store.numbers(), default=None)
    updated = []
    for receipt in held.values():
        if receipt.id not in known:  # not yet, or a rollback brought the person back
            receipt = replace(receipt, version=None)
        elif receipt.version is None:
            receipt = replace(receipt, version=number)
        now = look_at_places(store, receipt)
        if now != written.get(receipt.id):
            write_receipt(store, now)
        updated.append(now)
    return sorted(updated, key=lambda one: (one.requested, one.id))


def _unread(store: Store) -> pl.Series:
    try:
        current = store.current()
    except NothingFused:
        return read_erasure_rows(store)["receipt"]
    return unread_erasure_rows(store, current)["receipt"]
