"""Builds one sequence of what a person did on all platforms."""

from __future__ import annotations

import numpy as np
import polars as pl

from plait.contracts.store_tables import SEQUENCES

# The order of events in a history. Nulls come first: a log without times cannot claim to be
# newer than one that has them. `event_id` makes the order total.
EVENT_ORDER: tuple[str, ...] = ("time", "order", "event_id")
MAX_SEEN_ITEMS = 10_000  # items that are known as seen beside those of a sequence, the last ones
SEQUENCE_COLUMNS: tuple[str, ...] = (
    "event_id",
    "platform",
    "item",
    "type",
    "time",
    "order",
    "strength",
)


def build_sequences(
    events: pl.DataFrame, length: int, *, ordered: bool = False, remember: bool = False
) -> pl.DataFrame:
    """Returns one SEQUENCES row a person: the last `length` of their item events.

    The result depends on the set of events alone, neither on the order of rows nor on
    repeats: an event seen twice (same person and event_id) is one event. Braiding a braided
    tail with newer events gives the same steps as braiding everything; only `total` and `seen`
    are then of what it was given.

    Args:
        events: person, event_id, platform, item, type, time, order, strength; item not null.
        length: events kept for one person, > 0.
        ordered: the caller vouches that rows are sorted by person, then ORDER with nulls first,
            and that no event stands twice; saves most of the work.
        remember: fill `seen`; else it is null.
    """
    wanted = {name: SEQUENCES.polars[name] for name in SEQUENCE_COLUMNS}
    kinds = {name: getattr(kind, "inner", kind) for name, kind in wanted.items()}
    steps = events.select(
        pl.col("person").cast(pl.String), *(pl.col(n).cast(k) for n, k in kinds.items())
    )
    if not ordered:
        steps = order_steps(steps)
    # A person's rows stand together: their run is their group, and cheaper than their id.
    braided = steps.group_by(run=pl.col("person").rle_id(), maintain_order=True).agg(
        pl.col("person").first(),
        pl.len().cast(pl.Int64).alias("total"),
        *(pl.col(name).tail(length) for name in SEQUENCE_COLUMNS),
    )
    if remember:
        braided = braided.with_columns(_seen_beyond(steps, braided, length))
    return SEQUENCES.conform(braided)


def order_steps(steps: pl.DataFrame) -> pl.DataFrame:
    """Returns the events in the order of histories, person by person, each event once.

    Args:
        steps: person and SEQUENCE_COLUMNS at least.
    """
    # Repeats that disagree (a resent event with a changed field) resolve alike in any order.
    rest = [name for name in SEQUENCE_COLUMNS if name not in EVENT_ORDER]
    steps = steps.sort("person", *EVENT_ORDER, *rest, nulls_last=False)
    return steps.unique(["person", "event_id"], keep="first", maintain_order=True)


def beyond_length(totals: np.ndarray, length: int) -> np.ndarray:
    """Returns which events are not among the last `length` of their person; bool [N].

    Args:
        totals: events of each person, one after the other, [B].
        length: events kept of one.
    """
    until = np.repeat(np.cumsum(totals), totals) - np.arange(totals.sum())  # 1: the last event
    gone: np.ndarray = until > length
    return gone


def _seen_beyond(steps: pl.DataFrame, braided: pl.DataFrame, length: int) -> pl.Series:
    """Returns the items of the events that no longer fit, but for those that are still there."""
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
