"""The content of live state's base: what it reads from a store version."""

from __future__ import annotations

import hashlib

import polars as pl

from plait.live.codec import CODEC_VERSION
from plait.live.leave_out_erased import leave_out_erased
from plait.privacy.consent import may_join
from plait.privacy.erasure import Erasures
from plait.store import Store, StoreVersion
from plait.store.feedback.log_paths import last_drained_id

# Layout 1 had no `c`. Increase it with CODEC_VERSION, too.
BASE_LAYOUT = CODEC_VERSION + 1


def base_name(version: StoreVersion) -> str:
    """Returns the base's name, unique to this version even if the store was made anew.

    It ends with BASE_LAYOUT, so a plait with another layout loads its own base.
    """
    digest = hashlib.sha256(repr((version.published, version.tables)).encode()).hexdigest()
    return f"{version.number}-{digest[:8]}.{BASE_LAYOUT}"


def watermark(version: StoreVersion, folder: str) -> str:
    """Returns the last stream id among the feedback objects that `version` read; '' if none."""
    if version.drained is not None:
        return version.drained.get(folder, "")
    return last_drained_id((str(record.get("path", "")) for record in version.inputs), folder)


def read_base_tables(
    store: Store, version: StoreVersion, erased: Erasures | None = None
) -> dict[str, pl.DataFrame]:
    """Returns one table with a key and a value column for each kind of field in a base.

    The kinds are `a` account -> person, `m` person -> accounts (`<pseudonym> TAB <platform>`, one
    per line), `o` person -> since, `t` retired person -> survivor, `s` person -> sequence, and
    `h` person -> items of events that the sequence does not hold, one per line, and `c` the
    accounts that may not be joined to others. The table of `s` has SEQUENCES rows that are not
    packed yet.

    Args:
        store: the store that holds `version`.
        version: the version.
        erased: the erasures that the version does not know. What it holds of them is left out.
    """
    accounts = store.read("accounts", version)
    people = store.read("people", version)
    sequences = store.read("sequences", version)
    if erased:
        accounts, people, sequences = leave_out_erased(accounts, people, sequences, erased)
    entry = pl.concat_str("account", pl.lit("\t"), "platform")
    return {
        "a": accounts.select("account", "person"),
        "m": accounts.group_by("person").agg(entry.sort().str.join("\n").alias("entries")),
        "o": people.filter(pl.col("merged_into").is_null()).select("person", "since"),
        "t": people.filter(pl.col("merged_into").is_not_null()).select("person", "merged_into"),
        "s": sequences.filter(pl.col("event_id").list.len() > 0),
        "h": sequences.filter(pl.col("seen").is_not_null()).select("person", "seen"),
        "c": accounts.filter(~may_join().fill_null(value=True)).select("account", told=pl.lit("0")),
    }
