"""Builds one sequence of each person's events on all platforms."""

from __future__ import annotations

import numpy as np
import polars as pl

from plait.contracts.store_tables import SEQUENCES

# The order of events in a history. Nulls come first, so events without times are never newer
# than events with times. `event_id` makes the order total.
EVENT_ORDER: tuple[str, ...] = ("time", "order", "event_id")
MAX_SEEN_ITEMS = 10_000  # newest seen items kept in addition to those of a sequence
SEQUENCE_COLUMNS: tuple[str, ...] = (
    "event_id",
    "platform",
    "item",
    "type",
    "time",
    "order",
    "strength",
)
TRAIN, OWN_PLATFORM = "train", "own_platform"  # what the person's accounts consent to


def build_sequences(
    events: pl.DataFrame, length: int, *, ordered: bool = False, remember: bool = False
) -> pl.DataFrame:
    """Returns one SEQUENCES row per person: the last `length` of their item events.

    The result depends only on the set of events, not on the order of rows or on duplicates. Two
    rows with the same person and event_id are one event. Merging an existing sequence with newer
    events gives the same steps as building it from all events. Only `total` and `seen` then
    cover just the events given.

    Args:
        events: person, event_id, platform, item, type, time, order, strength; item not null.
        length: events kept per person, > 0.
            Optional are `train`, whether models may be trained on the event, and `own_platform`,
            whether only lists of the person's own platform may use it.
        ordered: whether the rows are already sorted by person, then by EVENT_ORDER with nulls
            first, without duplicates. This saves most of the work and is not checked.
        remember: fill `seen`; otherwise it is null.
    """
    wanted = {name: SEQUENCES.polars[name] for name in SEQUENCE_COLUMNS}
    kinds = {name: getattr(kind, "inner", kind) for name, kind in wanted.items()}
    consents = [name for name in (TRAIN, OWN_PLATFORM) if name in events.columns]
    steps = events.select(
        pl.col("person").cast(pl.String), *(pl.col(n).cast(k) for n, k in kinds.items()), *consents
    )
    if not ordered:
        steps = order_steps(steps)
    # A person's rows are contiguous, so grouping by run is cheaper than by person id.
    braided = steps.group_by(run=pl.col("person").rle_id(), maintain_order=True).agg(
        pl.col("person").first(),
        pl.len().cast(pl.Int64).alias("total"),
        *(pl.col(name).tail(length) for name in SEQUENCE_COLUMNS),
        *_consents(consents, length),
    )
    if remember:
        braided = braided.with_columns(_seen_beyond(steps, braided, length))
    return SEQUENCES.conform(braided)


def _consents(names: list[str], length: int) -> list[pl.Expr]:
    """Returns the consents of a person's events; null where nothing is withheld."""
    each = pl.col(TRAIN).tail(length)
    made = {
        TRAIN: pl.when(~each.all()).then(each.cast(pl.Int8).cast(pl.String).str.join("")),
        OWN_PLATFORM: pl.when(pl.col(OWN_PLATFORM).any()).then(pl.lit(value=True)),
    }
    return [made[name].alias(name) for name in names]


def order_steps(steps: pl.DataFrame) -> pl.DataFrame:
    """Returns the events in the order of histories, person by person, each event once.

    Args:
        steps: person and SEQUENCE_COLUMNS at least.
    """
    # Duplicates that differ in a field resolve to the same row in any input order.
    rest = [name for name in SEQUENCE_COLUMNS if name not in EVENT_ORDER]
    steps = steps.sort("person", *EVENT_ORDER, *rest, nulls_last=False)
    return steps.unique(["person", "event_id"], keep="first", maintain_order=True)


def beyond_length(totals: np.ndarray, length: int) -> np.ndarray:
    """Returns which events are not among the last `length` of their person; bool [N].

    Args:
        totals: number of events of each person, [B]; events are ordered by person.
        length: events kept per person.
    """
    until = np.repeat(np.cumsum(totals), totals) - np.arange(totals.sum())  # 1: the last event
    gone: np.ndarray = until > length
    return gone


def _seen_beyond(steps: pl.DataFrame, braided: pl.DataFrame, length: int) -> pl.Series:
    """Returns each person's items beyond the last `length` events that the sequence lacks."""
    totals = braided["total"].to_numpy()
    if not (totals > length).any():
        return pl.repeat(None, len(totals), dtype=pl.String, eager=True).alias("seen")
    here = pl.Series(beyond_length(totals, length))
    who = pl.Series("place", np.repeat(np.arange(len(totals), dtype=np.int64), totals))
    gone = pl.DataFrame([who.filter(here), steps["item"].filter(here)])
    held = pl.DataFrame([who.filter(~here), steps["item"].filter(~here)])
    gone = gone.unique(keep="last", maintain_order=True).join(
        held, on=["place", "item"], how="anti", maintain_order="left"
    )
    lists = gone.group_by("place").agg(
        pl.col("item").tail(MAX_SEEN_ITEMS).sort().str.join("\n").alias("seen")
    )
    places = pl.DataFrame({"place": np.arange(len(totals), dtype=np.int64)})
    return places.join(lists, on="place", how="left", maintain_order="left")["seen"]
