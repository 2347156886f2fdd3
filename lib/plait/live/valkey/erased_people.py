"""Erases people in Valkey, and keeps erased ones out of the bases that are loaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl
import redis

from plait.live.base_content import watermark
from plait.live.live_state import LiveErasure, PersonLookup
from plait.live.stream_entries import encode_erasure
from plait.live.streams import FEEDBACK_STREAMS
from plait.live.valkey import erase_scripts
from plait.privacy.erasure import Erasures, erasure_rows
from plait.store import Store, StoreVersion
from plait.store.feedback.erasure_log import read_erasure_rows, unread_erasure_rows
from plait.store.feedback.log_paths import ERASURES_FOLDER

_ATTEMPTS = 20  # the person may change between the plan and the erasure
# Those that the script does not look through itself.
_OTHER_STREAMS = [name for name in FEEDBACK_STREAMS if name not in ("links", "erasures")]
_CHUNK = 5_000  # entries of a stream, or fields of a hash, read at once


def erase(
    client: redis.Redis, keys: list[str], lookup: PersonLookup, receipt: str, now: datetime
) -> LiveErasure:
    """Erases a person, or one account; see LiveState.erase.

    Args:
        client: a client with a long timeout.
        keys: the prefix, and the key that names the base.
        lookup: whom.
        receipt: the id of the receipt.
        now: the time up to which all is erased.

    Raises:
        redis.RedisError: Valkey does not answer, or the person changed all the time.
    """
    alone = bool(lookup.account) and not lookup.person
    entry = f"{lookup.account}\t{lookup.platform}" if lookup.account else ""
    args: list[str | int] = [lookup.person, entry, int(alone)]
    plan = client.register_script(erase_scripts.PLAN_ERASURE)
    run = client.register_script(erase_scripts.ERASE)
    for _ in range(_ATTEMPTS):
        _, known, earlier, entries, ids, _, stay = plan(keys=keys, args=args)
        if not known and (earlier or not alone):
            return LiveErasure(earlier.decode(), 0, known=bool(earlier), repeated=bool(earlier))
        accounts = [tuple(one.decode().split("\t")) for one in entries]
        people = [one.decode() for one in ids]
        people += sorted({*_retired_into(client, keys, people)} - {one.decode() for one in stay})
        named = {**dict(accounts), **dict.fromkeys(people)}
        rows = erasure_rows(named, receipt, now)
        hashes = dict(zip(named, rows["erased"], strict=True))
        said = [encode_erasure(rows), rows["time"].dt.epoch("us")[0], receipt]
        pairs = [w for one in accounts for w in ("\t".join(one), hashes[one[0]])]
        pairs += [w for one in people for w in (one, hashes[one])]
        said += [len(accounts), len(people), ",".join(_OTHER_STREAMS)]
        if run(keys=keys, args=[*args, *said, *pairs]):
            return LiveErasure(receipt, len(accounts), known=bool(known), ids=frozenset(named))
    raise redis.ResponseError("the person was linked or unlinked all the time")


def finish_erasures(client: redis.Redis, prefix: str) -> None:
    """Removes entries that were not drained, and bytes on disk; see LiveState.finish_erasures."""
    while isinstance(work := client.lindex(prefix + "erasing", 0), bytes):
        bounds, *accounts = work.decode().split("\n")
        for bound in filter(None, bounds.split(",")):
            stream, _, last = bound.partition("=")
            _delete_entries(client, prefix + stream, last, accounts)
        client.lrem(prefix + "erasing", 1, work.decode())
    if client.exists(prefix + "rewrite"):
        # A rewrite that runs already may have begun before the erasure. Then it is tried again.
        try:
            client.bgrewriteaof()
        except redis.ResponseError:
            return
        client.delete(prefix + "rewrite")


def read_erased(
    client: redis.Redis, prefix: str, store: Store, version: StoreVersion
) -> tuple[str, Erasures]:
    """Returns the number of erasures so far (''; none), and those that `version` does not know.

    Erasures that another writer put into the feedback log are added to live state, so that it knows
    all of them, even after it was lost.
    """
    _remember(client, prefix, read_erasure_rows(store))
    number = client.get(prefix + "erased")
    known = _order(watermark(version, ERASURES_FOLDER) or "0-0")
    values: Any = client.hvals(prefix + "gone")
    words = [value.decode().split(" ") for value in values]
    late = [one for one in words if _order(one[2]) > known]
    rows = pl.DataFrame(
        {
            "erased": [one[1] for one in late],
            "time": [int(one[0]) for one in late],
            "receipt": [one[3] for one in late],
        },
        {"erased": pl.String, "time": pl.Int64, "receipt": pl.String},
    ).with_columns(time=pl.from_epoch("time", "us").dt.replace_time_zone("UTC"))
    unread = unread_erasure_rows(store, version).select(rows.columns)
    return number.decode() if isinstance(number, bytes) else "", Erasures(pl.concat([rows, unread]))


def _remember(client: redis.Redis, prefix: str, rows: pl.DataFrame) -> None:
    script = client.register_script(erase_scripts.REMEMBER_ERASED)
    values = rows.select(
        "mark",
        pl.concat_str(
            pl.col("time").dt.epoch("us"), "erased", pl.lit("0-0"), "receipt", separator=" "
        ),
    )
    for part in values.iter_slices(_CHUNK):
        script(keys=[prefix], args=[word for row in part.iter_rows() for word in row])


def _retired_into(client: redis.Redis, keys: list[str], people: list[str]) -> list[str]:
    """Returns the retired ids of the base that lead to one of `people`."""
    name = client.get(keys[1])
    if not isinstance(name, bytes):
        return []
    wanted, found = {one.encode() for one in people}, set[bytes]()
    for one, heir in client.hscan_iter(f"{keys[0]}b{name.decode()}:t", count=_CHUNK):
        if heir in wanted and one not in wanted:
            found.add(one)
    return [one.decode() for one in found]


def _delete_entries(client: redis.Redis, stream: str, bound: str, accounts: list[str]) -> None:
    """Deletes the entries of a stream up to `bound` that name one of `accounts`."""
    names = [account.encode() for account in accounts]
    for entries in _pages(client, stream, bound):
        gone = [
            at
            for at, fields in entries
            if any(name in text for text in fields.values() for name in names)
        ]
        if gone:
            client.xdel(stream, *gone)


def _pages(
    client: redis.Redis, stream: str, bound: str
) -> Iterator[list[tuple[bytes, dict[bytes, bytes]]]]:
    start = "-"
    while True:
        entries: Any = client.xrange(stream, start, bound, _CHUNK)
        if not entries:
            return
        yield entries
        start = f"({entries[-1][0].decode()}"


def _order(stream_id: str) -> tuple[int, int]:
    ms, _, number = stream_id.partition("-")
    return int(ms), int(number)
