"""Removes what the identity log says about erased accounts; its hashes stay, so it verifies."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from plait.identity.assertions.identity_log import open_log
from plait.privacy.erasure import Erasures
from plait.store.store import Store

_ENDS = ("account_a", "account_b")


def redact_assertions(store: Store, erasures: Erasures) -> None:
    """Redacts the assertions about accounts that were erased after them.

    Raises:
        CorruptLog: the identity log is broken.
        StoreError: the store cannot be read or written.
    """
    log = open_log(store)
    said = [
        (
            entry.number,
            index,
            payload[end],
            datetime.fromtimestamp(payload["time"] / 1e6, UTC) if "time" in payload else entry.time,
        )
        for entry in log.read().entries
        for index, payload in enumerate(entry.payloads)
        if payload
        for end in _ENDS
        if end in payload
    ]
    schema = {"number": pl.Int64, "index": pl.Int64, "account": pl.String}
    rows = pl.DataFrame(said, schema | {"time": pl.Datetime("us", "UTC")}, orient="row")
    gone = rows.filter(erasures.covers(rows["account"], rows["time"]))
    if gone.height:
        places = sorted(set(gone.select("number", "index").iter_rows()))
        log.redact(places, "plait", "erasure")
