"""Who claims a given event id: an id is one event, whoever says it is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.clean.content import content_id
from plait.contracts.tables import EVENTS
from plait.engine.base import BUCKET, Engine, Frames, Spill
from plait.fusion.before import Before, Held, HeldReader
from plait.fusion.core import number
from plait.fusion.dedupe import contested

CLAIMS = ("event_id", "account", "time", "order", "content")
CLEAN = tuple(name for name in EVENTS.columns if name != "person")
_LOSERS = {"event_id": pl.String(), "account": pl.String()}


def is_given() -> pl.Expr:
    """Returns whether an event's id came with its row: such an id names its platform."""
    return pl.col("event_id").str.contains(":", literal=True)


def claims(events: pl.DataFrame, buckets: int) -> pl.DataFrame:
    """Returns CLAIMS of rows with a given id (content set), by bucket of the id."""
    found = events.filter(pl.col("content").is_not_null()).select(CLAIMS)
    place = (number("event_id") % buckets).cast(pl.Int64).alias(BUCKET)
    return found.with_columns(place)


@dataclass(frozen=True)
class OldClaims:
    """Claims that events of the version before make.

    Attributes:
        buckets: among how many claims are spread.
    """

    buckets: int

    def __call__(self, held: Held, rows: pl.DataFrame) -> Frames:
        """Returns the claims of the events in `rows`, all with a given id."""
        return {"claims": claims(rows.with_columns(content=content_id(rows)), self.buckets)}


def find_losers(engine: Engine[Any], spill: Spill, before: Before) -> pl.DataFrame:
    """Returns event_id, account of claims that another account won.

    Args:
        engine: what moves the rows.
        spill: the claims of new rows; those of the version before to the same ids come to them.
        before: the version before.
    """
    if before.version is not None:
        # New claims lie by the buckets of the version before; the spill may be spread wider.
        _join(engine, spill, before, before.version.buckets)
    out = engine.gather(
        spill,
        lambda _, rows, __: {"losers": contested(rows)},
        tables={},
        merges={"losers": pl.DataFrame.unique},
    )
    return out.get("losers", pl.DataFrame(schema=_LOSERS))


def _join(engine: Engine[Any], spill: Spill, before: Before, buckets: int) -> None:
    ids = engine.gather(
        spill,
        lambda _, rows, __: {"ids": rows.select(number("event_id").alias("id")).unique()},
        tables={},
        merges={"ids": pl.DataFrame.unique},
        columns=["event_id"],
    ).get("ids")
    if ids is None:
        return
    # Another id of the same hash does no harm: it has no rival.
    wanted = is_given() & number("event_id").is_in(ids["id"].implode())
    engine.spread(
        before.events(),
        HeldReader(before.store, CLEAN, wanted),
        OldClaims(buckets),
        aside={"claims": spill},
        tables={},
        merges={},
    )
