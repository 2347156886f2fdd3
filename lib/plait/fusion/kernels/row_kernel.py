"""The row kernel of fuse: turns rows of a log into EVENTS rows with a bucket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl

from plait.clean.clean_events import clean_events
from plait.clean.clock_skew import ReceiptTime
from plait.clean.content_id import content_id
from plait.clean.event_dialect import EventDialect
from plait.config import Project
from plait.config.event_settings import Events
from plait.contracts.event_rows import RAW_SCHEMA
from plait.contracts.id_rules import AROUND_IDS
from plait.engine.engine import BUCKET, Frames
from plait.fusion.kernels.erased_events import remove_erased_events, remove_erased_quarantine
from plait.fusion.kernels.lift_feedback import lift_feedback_events
from plait.fusion.kernels.migrate_feedback_ids import migrate_feedback_ids
from plait.fusion.kernels.quarantine import (
    ROW_FAULTS,
    quarantine_rows,
    quarantine_unknown_platforms,
)
from plait.fusion.partitioner import Partitioner, hash_bucket
from plait.fusion.row_counts import EMPTY_FILE, NOTED, UNKNOWN_KEY, count_by_platform, one_count
from plait.fusion.stages.find_inputs import FusionInputs, InputSplit
from plait.fusion.stages.read_feedback import read_feedback
from plait.fusion.stages.rename_platforms import rename_events
from plait.identity.id_spaces import home_platform
from plait.privacy.erasure import Erasures
from plait.privacy.lift_erasures import lift_erasures
from plait.privacy.lift_pseudonyms import has_unknown_key
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym_expr, is_given_id
from plait.sources.columns.raw_columns import ELEMENT_COLUMN, FAULT_COLUMN, ROW_COLUMN
from plait.sources.read_platform import event_mapping, read_events
from plait.store.store import Store

# Rows of a file may be older than its last write. So a stamp from a wrong clock is moved to this
# long before that write.
_STAMP_TOLERANCE = timedelta(hours=1)


@dataclass(frozen=True)
class FusionRowKernel:
    """Reads input splits, and turns their chunks into the frames below.

    - `events`: EVENTS columns without `person`; `content`, the fingerprint of a row whose event
      id was given, else null; and `bucket`.
    - `accounts`: account, platform, home (null if it is not known) and bucket.
    - `quarantine`: QUARANTINE columns.
    - `counts`: ROW_COUNTS columns.
    """

    project: Project
    store: Store
    inputs: FusionInputs
    key: PseudonymKey
    now: datetime
    partitioner: Partitioner
    erasures: Erasures = field(default_factory=Erasures)

    def read(self, split: InputSplit) -> Iterator[pl.DataFrame]:
        """Yields the rows of `split` in chunks: RAW_SCHEMA and fault, or EVENTS for feedback."""
        if split.log_slice is not None:
            yield from read_feedback(self.store, split.log_slice)
            return
        if split.platform is None or split.file is None:
            msg = f"'{split.name}' is neither a file nor a slice of the feedback log"
            raise ValueError(msg)
        yield from read_events(split.file, self._settings(split))

    def __call__(self, split: InputSplit, rows: pl.DataFrame) -> Frames:
        """Returns the frames of one chunk of `split`."""
        if split.platform is None:
            return self._clean_feedback(rows)
        if not rows.height:  # a file without rows is skipped
            return {"counts": one_count(split.platform, f"{NOTED}:{EMPTY_FILE}:{split.name}", 1)}
        return self._clean_log(split.platform, split, rows)

    def _clean_log(self, platform: str, split: InputSplit, raw: pl.DataFrame) -> Frames:
        places = None  # the row of each element, if rows are opened; elements are numbered here
        if raw[ELEMENT_COLUMN].null_count() < raw.height:
            places = raw[ROW_COLUMN]
            raw = raw.with_columns(pl.int_range(pl.len()).alias(ROW_COLUMN))
        sound = raw
        faulty = pl.DataFrame(schema=ROW_FAULTS)
        if raw[FAULT_COLUMN].null_count() < raw.height:
            sound = raw.filter(pl.col(FAULT_COLUMN).is_null())
            faulty = raw.filter(pl.col(FAULT_COLUMN).is_not_null()).select(
                "row", reason=FAULT_COLUMN, field=pl.lit("row"), value=pl.lit(None, pl.String)
            )
        rules = self.inputs.rules[
            self.project.platforms[platform].dialect_setting(platform, split.dialect)
        ]
        sound, unwanted = _remove_unwanted(sound, rules)
        notes: Counter[str] = Counter()
        events, rejected = clean_events(
            sound.select(list(RAW_SCHEMA)),
            platform,
            rules,
            self.key,
            self.now,
            self._receipt(split),
            notes,
        )
        given = sound["event_id"].null_count() < sound.height
        space = self.project.id_namespace(platform)
        raw_ids = pl.concat([sound["account"], sound["creator"]]).str.strip_chars(AROUND_IDS)
        erasures = lift_erasures(self.erasures, raw_ids, self.key, space)
        events, gone = remove_erased_events(events, erasures)
        erased = [gone]
        kept, removed = self._apply_keep(events, platform)
        rejected = pl.concat([faulty, rejected.select(list(ROW_FAULTS))])
        reasons = rejected.select(
            pl.lit(platform).alias("platform"),
            pl.concat_str(pl.lit("quarantined:"), "reason").alias("reason"),
        )
        frames = dict(
            self._partition_events(kept, self._home_accounts(sound, kept, platform), given)
        )
        mapping = event_mapping(self._settings(split))
        quarantine = quarantine_rows(raw, rejected, mapping, platform, split.name, self.key, space)
        quarantine, moved = remove_erased_quarantine(quarantine, erasures)
        erased.append(moved)
        if places is not None:
            quarantine = quarantine.with_columns(places.gather(quarantine["row"]))
        return frames | {
            "quarantine": quarantine,
            "counts": pl.concat(
                [
                    one_count(platform, "rows", raw.height),
                    count_by_platform(reasons["platform"], reasons["reason"]),
                ]
                + erased
                + ([one_count(platform, "removed:keep", removed)] if removed else [])
                + ([one_count(platform, "removed:type", unwanted)] if unwanted else [])
                + [one_count(platform, f"{NOTED}:{what}", n) for what, n in notes.items() if n]
            ),
        }

    def _clean_feedback(self, rows: pl.DataFrame) -> Frames:
        """Returns the frames of rows of the feedback log, which have EVENTS columns already."""
        rows = migrate_feedback_ids(rows, self.key, self.inputs.creator_platforms)
        rows = lift_feedback_events(rows, self.key, self.inputs.creator_platforms)
        rows = rename_events(rows, self.project.former_names)
        known = pl.col("platform").is_in(list(self.project.platforms))
        events, foreign = rows.filter(known).drop("file", "row"), rows.filter(~known)
        events, gone = remove_erased_events(events, self.erasures)
        quarantine, moved = remove_erased_quarantine(
            quarantine_unknown_platforms(foreign), self.erasures
        )
        strange = events.filter(has_unknown_key(pl.col("account"), self.key))
        counts = [
            count_by_platform(rows["platform"], "rows"),
            gone,
            moved,
            count_by_platform(foreign["platform"], "quarantined:unknown_platform"),
            count_by_platform(strange["platform"], f"{NOTED}:{UNKNOWN_KEY}"),
        ]
        parts = []
        for (platform,), part in events.partition_by("platform", as_dict=True).items():
            kept, removed = self._apply_keep(part, str(platform))
            counts += [one_count(str(platform), "removed:keep", removed)] if removed else []
            parts.append(kept)
        events = pl.concat([events.clear(), *parts])
        homes = events.group_by("account", "platform").agg(pl.col("home").max())
        known_homes = homes.select(
            "account", pl.coalesce("home", "account").alias("home"), "platform"
        )
        frames = dict(self._partition_events(events.drop("home"), known_homes, given=True))
        frames["accounts"] = (
            frames["accounts"].drop("home").join(homes, on=["account", "platform"])
        ).select("account", "platform", "home", BUCKET)
        return frames | {
            "quarantine": quarantine,
            "counts": pl.concat(counts),
        }

    def _settings(self, split: InputSplit) -> Events:
        return self.project.platforms[str(split.platform)].events[split.dialect]

    def _receipt(self, split: InputSplit) -> ReceiptTime:
        """Returns when the rows of a log were received: at the latest when its file was written."""
        written = datetime.fromtimestamp(split.file.modified, UTC) if split.file else self.now
        return ReceiptTime(min(written, self.now), _STAMP_TOLERANCE)

    def _apply_keep(self, events: pl.DataFrame, platform: str) -> tuple[pl.DataFrame, int]:
        predicate = self.inputs.keep.get(platform)
        if predicate is None:
            return events, 0
        kept = events.filter(predicate)
        return kept, events.height - kept.height

    def _home_accounts(
        self, raw: pl.DataFrame, events: pl.DataFrame, platform: str
    ) -> pl.DataFrame:
        """Returns account, home, platform of every account in `events`."""
        present = events.select("account").unique()
        home = home_platform(self.project, platform)
        if home is None or home == platform:
            return present.select("account", home="account", platform=pl.lit(platform))
        ids = raw["account"].drop_nulls().unique().str.strip_chars(AROUND_IDS).unique()
        raw_id, space = pl.col("account"), self.project.id_namespace
        both = ids.to_frame().select(
            account_pseudonym_expr(raw_id, self.key, pl.lit(space(platform))).alias("account"),
            account_pseudonym_expr(raw_id, self.key, pl.lit(space(home))).alias("home"),
        )
        return both.join(present, on="account", how="semi").with_columns(platform=pl.lit(platform))

    def _partition_events(self, events: pl.DataFrame, homes: pl.DataFrame, given: bool) -> Frames:
        """Returns `events` with content and bucket, and `accounts`."""
        routed = self.partitioner.assign_buckets(homes)
        content: pl.Expr | pl.Series = pl.lit(None, pl.String)
        if given:  # without a given id, the event id is already a fingerprint of the content
            content = pl.when(is_given_id(pl.col("event_id"))).then(content_id(events))
        buckets = self.partitioner.buckets
        if buckets == 1:
            partitioned = events.with_columns(content=content).with_columns(
                hash_bucket(pl.lit(""), 1)
            )
        else:
            partitioned = events.with_columns(content=content).join(
                routed.select("account", BUCKET), on="account", how="left", maintain_order="left"
            )
        return {
            "events": partitioned,
            "accounts": routed.select("account", "platform", "home", BUCKET),
        }


def _remove_unwanted(rows: pl.DataFrame, rules: EventDialect) -> tuple[pl.DataFrame, int]:
    """Returns `rows` without those of an unwanted type, and how many these were."""
    if not rules.unwanted:
        return rows, 0
    wanted = ~rules.type_names(pl.col("type")).is_in(sorted(rules.unwanted))
    kept = rows.filter(wanted.fill_null(value=True))
    return kept, rows.height - kept.height
