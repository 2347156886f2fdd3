"""Finds the touched buckets, and has the kernels over events of the base version."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from plait.clean.content_id import content_id
from plait.clean.count_strengths import StrengthCounter
from plait.clean.denoise import REMOVED_AS
from plait.clean.gap_sessions import drop_made_sessions
from plait.engine.engine import BUCKET, Frames
from plait.features.sequences import OWN_PLATFORM, TRAIN
from plait.fusion.incremental.base_version import BaseBucket, BaseVersion
from plait.fusion.kernels.erased_events import REMOVED_ERASED, remove_erased_events
from plait.fusion.row_counts import count_by_platform
from plait.items.item_table import count_items
from plait.privacy.erasure import Erasures
from plait.privacy.pseudonym import is_given_id

ITEM_EVENT_COLUMNS = ("object_kind", "object_id", "platform", "person", "time")


@dataclass(frozen=True)
class ReprocessKernel:
    """Spills events of a touched bucket as the row kernel does, to merge them with new rows.

    Removed events too: with new rows, they may be judged otherwise.

    Attributes:
        placed: account, bucket: the bucket of each account.
        counter: counts what strengths were learned from; null: nothing is counted.
        erasures: those that the base version does not know.
    """

    placed: pl.DataFrame
    counter: StrengthCounter | None = None
    erasures: Erasures = field(default_factory=Erasures)

    def __call__(self, held: BaseBucket, rows: pl.DataFrame) -> Frames:
        """Returns `events` (rows with content and bucket), and what no longer counts.

        These are negative `counts` of the rows, and, with a counter, negative `strength_bins` of
        those that were kept.
        """
        what: str | pl.Series = "events"
        bins = {}
        if self.counter is not None and REMOVED_AS not in rows.columns:
            bins["strength_bins"] = self.counter(rows).with_columns(-pl.col("n"))
        if REMOVED_AS in rows.columns:
            what = "removed:" + rows[REMOVED_AS]
            rows = rows.drop(REMOVED_AS)
        gone = count_by_platform(rows["platform"], what).with_columns(-pl.col("n"))
        rows, erased = self._remove_erased(rows)
        gone = pl.concat([gone, erased])
        rows = drop_made_sessions(rows)
        content = pl.when(is_given_id(pl.col("event_id"))).then(content_id(rows))
        entering = rows.with_columns(content=content).join(self.placed, on="account")
        return {"events": entering, "counts": gone, **bins}

    def _remove_erased(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Returns the rows that stay, and ROW_COUNTS of the others.

        If an erased account has no event left, noise after its erasure is removed too.
        """
        rows, counts = remove_erased_events(rows, self.erasures)
        known = self.erasures.find(rows["account"]).select(account="id")
        absent = known.join(self.placed, on="account", how="anti")
        if not absent.height:
            return rows, counts
        stay, away = (rows.join(absent, on="account", how=how) for how in ("anti", "semi"))
        return stay, pl.concat([counts, count_by_platform(away["platform"], REMOVED_ERASED)])


def count_base_items(held: BaseBucket, rows: pl.DataFrame) -> Frames:
    """Returns the item counts of an untouched bucket."""
    of_items = rows.filter(pl.col("object_kind") == "item")
    return {"items": count_items(of_items.rename({"object_id": "item", "person": "who"}))}


def find_touched_buckets(new: pl.DataFrame, before: BaseVersion, placed: pl.DataFrame) -> set[int]:
    """Returns the buckets whose events, or whose persons, differ from the base version.

    Args:
        new: account, bucket: where new rows were spilled.
        before: the base version.
        placed: account, bucket, person of this run; see add_consents.
    """
    was = before.accounts.filter(pl.col(BUCKET).is_not_null())
    trained = pl.col(TRAIN) if TRAIN in placed.columns else pl.lit(value=True)
    alone = pl.col(OWN_PLATFORM) if OWN_PLATFORM in placed.columns else pl.lit(value=False)
    now = was.select(
        "account",
        BUCKET,
        was="person",
        trained_before=pl.col("train").fill_null(value=True),
        alone_before=~(pl.col("link") & pl.col("share")).fill_null(value=True),
    ).join(
        placed.select("account", "person", target=BUCKET, trained=trained, alone=alone),
        on="account",
        how="left",
    )
    pairs = (("was", "person"), (BUCKET, "target"), ("trained_before", "trained"))
    other = now.filter(
        pl.any_horizontal(
            pl.col(before_).ne_missing(pl.col(after))
            for before_, after in (*pairs, ("alone_before", "alone"))
        )
    )
    to = placed.join(new, on="account", how="semi")
    places = [new[BUCKET], to[BUCKET], other[BUCKET], other["target"].drop_nulls()]
    return {int(bucket) for place in places for bucket in place.unique()}
