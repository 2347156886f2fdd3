"""Links and unlinks that were posted to the endpoint: from the feedback log to the identity log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from plait.contracts.event_rows import FEEDBACK_LINKS
from plait.contracts.table_schema import conform_rows
from plait.identity.assertions.assertion import (
    ASSERTIONS,
    LINK,
    LOG_POSITION,
    POSTED,
    UNLINK,
    posted_payloads,
)
from plait.store.chain_entry import Payload
from plait.store.feedback.log_listing import LogSlice, read_slice
from plait.store.feedback.log_part import LOG_OBJECT
from plait.store.feedback.log_paths import id_span
from plait.store.hash_chain import ChainContent, HashChain
from plait.store.store import Store

ENTRY_ROWS = 2000  # an entry of the identity log gets the rows of whole objects, about this many


def read_posted_links(
    store: Store, pieces: Sequence[LogSlice], known: Collection[str] = ()
) -> pl.DataFrame:
    """Returns ASSERTIONS, sorted: every link and unlink in `pieces` of the feedback log.

    Args:
        store: the store.
        pieces: the slices to read.
        known: objects of the feedback log that are left out.
    """
    parts = [_assertions(rows) for piece in pieces for rows in read_slice(store, piece)]
    posted = pl.concat([pl.DataFrame(schema=ASSERTIONS), *parts])
    unknown = ~pl.col("object").is_in(list(known))
    return posted.filter(unknown).sort(list(LOG_POSITION), nulls_last=False)


def recorded_objects(content: ChainContent) -> set[str]:
    """Returns the objects of the feedback log whose rows the identity log has."""
    return {
        name
        for entry in content.entries
        for payload in entry.payloads
        if payload and payload.get("kind") == POSTED
        for name in payload["objects"]
    }


def record_posted_links(chain: HashChain, store: Store, pieces: Sequence[LogSlice]) -> int:
    """Appends the rows of `pieces` that the identity log lacks; returns how many.

    An entry has all rows of its objects, and names the objects. So a run that is killed, or two
    runs at once, record every row once.

    Raises:
        CorruptLog: the identity log is broken. Nothing is appended.
        StoreError: the store cannot be read or written.
    """

    def decide(content: ChainContent) -> list[list[Payload]]:
        left = read_posted_links(store, pieces, recorded_objects(content))
        sizes = left.group_by("object", maintain_order=True).len()
        groups = sizes.with_columns(group=(pl.col("len").cum_sum() - 1) // ENTRY_ROWS)
        placed = left.join(groups, on="object", maintain_order="left")
        return [
            [
                {"kind": POSTED, "objects": some["object"].unique(maintain_order=True).to_list()},
                *posted_payloads(some),
            ]
            for some in placed.partition_by("group", maintain_order=True)
        ]

    return sum(len(entry.payloads) - 1 for entry in chain.append_all(decide))


def _assertions(rows: pl.DataFrame) -> pl.DataFrame:
    links, apart = conform_rows(rows, FEEDBACK_LINKS), pl.col("apart").is_not_null()
    path = rows[LOG_OBJECT]
    spans = {name: found for name in path.unique() if (found := id_span(name))}
    first = _lookup(path, {name: ids[0][0] for name, ids in spans.items()})
    last = _lookup(path, {name: ids[1][0] for name, ids in spans.items()})
    made = pl.col("time").dt.epoch("ms")
    return links.select(
        "account_a",
        "platform_a",
        "time",
        "who",
        "why",
        pl.lit(None, pl.Int64).alias("entry"),
        pl.lit(None, pl.Int64).alias("index"),
        pl.lit(None, pl.Int64).alias("undone_by"),
        pl.when(apart).then(pl.lit(UNLINK)).otherwise(pl.lit(LINK)).alias("kind"),
        pl.coalesce("apart", "account_b").alias("account_b"),
        pl.when(apart).then("apart_platform").otherwise("platform_b").alias("platform_b"),
        ~apart.alias("joined"),
        # The name of an object may have no stream id. Then the time of the rows is used.
        first.fill_null(made).alias("ms"),
        _lookup(path, {name: ids[0][1] for name, ids in spans.items()}).alias("number"),
        path.alias("object"),
        rows.select(pl.int_range(pl.len()).over(LOG_OBJECT).alias("row")).to_series(),
        # The ids have the time of Valkey, so they bound the times of replicas with wrong clocks.
        made.fill_null(first).clip(first, last).alias("at"),
    ).select(pl.col(name).cast(kind) for name, kind in ASSERTIONS.items())


def _lookup(paths: pl.Series, numbers: Mapping[str, int]) -> pl.Expr:
    return pl.lit(paths.replace_strict(numbers, default=None, return_dtype=pl.Int64))
