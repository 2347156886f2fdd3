"""What live state knows, and events it has not seen, as SEQUENCES rows.

The endpoint reads arrays (live.live_history); this is the same by way of tables, for tests.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from plait.contracts.event_types import EVENT_TYPE_CODES
from plait.contracts.store_tables import SEQUENCES
from plait.features.history import encode_history
from plait.features.known_people import KnownPeople, earlier_items
from plait.features.sequences import SEQUENCE_COLUMNS, build_sequences
from plait.features.vocabulary import Vocabulary
from plait.live.codec import NULL_INT64, unpack_columns
from plait.live.live_state import PersonState
from plait.live.stream_entries import MEMBER_FIELDS, split_members

_US = pl.Datetime("us", "UTC")
_TYPE_OF_CODE = {code: name for name, code in EVENT_TYPE_CODES.items()}
# By code; a code of a newer plait means nothing here.
_TYPES_BY_CODE = pl.Series([_TYPE_OF_CODE.get(code) for code in range(256)], dtype=pl.String)


def people_of_sequences(sequences: pl.DataFrame, vocabulary: Vocabulary) -> KnownPeople:
    """Returns SEQUENCES rows as a model knows them."""
    return KnownPeople(
        encode_history(sequences, vocabulary),
        sequences["item"].list.len().fill_null(0).to_numpy() > 0,
        [frozenset(steps) for steps in sequences["platform"].fill_null([]).to_list()],
        earlier_items(sequences["seen"], vocabulary),
    )


def live_sequences(
    known: Sequence[PersonState], length: int, extra: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Returns one SEQUENCES row for each of `known`, in order; some may be empty.

    Args:
        known: what live state holds.
        length: events kept a person.
        extra: more events as EVENTS rows with `at`, the place in `known` they belong to.
    """
    busy = set() if extra is None else set(extra["at"])
    plain = [i for i, k in enumerate(known) if len(k.base) == 1 and not k.recent and i not in busy]
    rest = [i for i in range(len(known)) if i not in set(plain)]
    if not rest:
        return _base_sequences(known)
    if extra is not None and plain:
        places = dict(zip(rest, range(len(rest)), strict=True))
        extra = extra.with_columns(pl.col("at").replace_strict(places, return_dtype=pl.Int64))
    braided = _merged_sequences([known[i] for i in rest], length, extra)
    if not plain:
        return braided
    both = pl.concat([_base_sequences([known[i] for i in plain]), braided])
    order = {place: row for row, place in enumerate([*plain, *rest])}
    return both[[order[i] for i in range(len(known))]]


def _base_sequences(known: Sequence[PersonState]) -> pl.DataFrame:
    """Returns the histories of people of whom nothing is known but their base."""
    steps, totals = unpack_sequences([record for k in known for record in k.base])
    lists = steps.group_by("record", maintain_order=True).agg(
        pl.col(name) for name in SEQUENCE_COLUMNS
    )
    rows = lists.select(
        pl.Series("person", [k.person for k in known], pl.String),
        pl.Series("total", totals, pl.Int64),
        *SEQUENCE_COLUMNS,
    )
    return SEQUENCES.conform(_add_seen_items(rows, known))


def _add_seen_items(rows: pl.DataFrame, known: Sequence[PersonState]) -> pl.DataFrame:
    """Returns `rows` with what else their people are `known` to have had."""
    pushed = pl.col("seen") if "seen" in rows.columns else pl.lit(None, pl.String)
    if not any(k.seen for k in known):
        return rows.with_columns(seen=pushed)
    others = pl.Series("others", [k.seen for k in known], pl.List(pl.String))
    every = pl.lit(others).list.set_union(pushed.str.split("\n").fill_null([]))
    left = every.list.set_difference("item").list.sort()
    return rows.with_columns(seen=pl.when(left.list.len() > 0).then(left.list.join("\n")))


def _merged_sequences(
    known: Sequence[PersonState], length: int, extra: pl.DataFrame | None
) -> pl.DataFrame:
    at = [i for i, k in enumerate(known) for _ in k.base]
    base, totals = unpack_sequences([record for k in known for record in k.base])
    recent_at = [i for i, k in enumerate(known) for _ in k.recent]
    recent = decode_members([member for k in known for member in k.recent])
    parts = [
        base.with_columns(pl.Series(at, dtype=pl.Int64).gather(base["record"]).alias("at")),
        recent.with_columns(pl.Series("at", recent_at, pl.Int64)),
    ]
    if extra is not None and not extra.is_empty():
        items = extra.filter(pl.col("object_kind") == "item")
        parts.append(items.rename({"object_id": "item"}))
    columns = [
        *(pl.col(name) for name in SEQUENCE_COLUMNS),
        pl.col("at").cast(pl.String).alias("person"),
    ]
    braided = build_sequences(
        pl.concat([part.select(columns) for part in parts]), length, remember=True
    )
    trimmed = _trimmed_counts(at, base, totals)
    rows = pl.DataFrame({"person": [str(i) for i in range(len(known))]}, {"person": pl.String})
    joined = rows.join(braided, on="person", how="left", maintain_order="left").with_columns(
        pl.Series("name", [k.person for k in known], pl.String),
        (pl.col("total").fill_null(0) + pl.col("person").replace_strict(trimmed, default=0)).alias(
            "total"
        ),
        *(pl.col(name).fill_null([]) for name in SEQUENCE_COLUMNS),
    )
    rows = joined.drop("person").rename({"name": "person"})
    return SEQUENCES.conform(_add_seen_items(rows, known))


def _trimmed_counts(at: list[int], base: pl.DataFrame, totals: list[int]) -> dict[str, int]:
    """Returns, for each place, how many events its base knew of but no longer holds."""
    held = base.group_by("record").len()
    steps = dict(zip(held["record"].to_list(), held["len"].to_list(), strict=True))
    lost: dict[str, int] = {}
    for record, (place, total) in enumerate(zip(at, totals, strict=True)):
        lost[str(place)] = lost.get(str(place), 0) + total - steps.get(record, 0)
    return lost


def unpack_sequences(records: Sequence[bytes]) -> tuple[pl.DataFrame, list[int]]:
    """Returns the steps of all records, `record` being a record's place, and their totals.

    The type of a step is null where only a newer plait knows it.
    """
    columns = unpack_columns(records)
    frame = pl.DataFrame(
        {
            "record": np.repeat(np.arange(len(records)), columns.lengths),
            "event_id": pl.Series(columns.event_ids, dtype=pl.String),
            "item": pl.Series(columns.items, dtype=pl.String),
            "type": _TYPES_BY_CODE.gather(columns.code),
            "time": columns.time,
            "order": columns.order,
            "strength": columns.strength,
        }
    )
    steps_frame = frame.with_columns(
        pl.col("item").str.split_exact(":", 1).struct.field("field_0").alias("platform"),
        _null_if_absent("time").cast(_US),
        _null_if_absent("order"),
    )
    return steps_frame, columns.totals


def _null_if_absent(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != NULL_INT64).then(pl.col(name)).alias(name)


def decode_members(members: Sequence[str]) -> pl.DataFrame:
    """Returns the steps written as `members`, one row each, in the same order."""
    columns = split_members(members)
    text = pl.DataFrame(columns, schema=dict.fromkeys(MEMBER_FIELDS, pl.String()))
    return text.select(
        "event_id",
        "item",
        pl.col("item").str.split_exact(":", 1).struct.field("field_0").alias("platform"),
        "type",
        pl.col("strength").cast(pl.Float64),
        pl.col("time").replace("", None).cast(pl.Int64).cast(_US),
        pl.col("order").replace("", None).cast(pl.Int64),
    )
