"""Rules about catalogues: whether they read, whether events match them, and unusable values."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from plait.checks.log_finding import EXAMPLES, CheckLevel, LogFinding, say_share, share_level
from plait.checks.log_profile import LogProfile
from plait.checks.row_faults import fix_listing
from plait.config import Project
from plait.contracts.quarantine_reasons import CATALOGUE_SOURCE
from plait.errors import PlaitError
from plait.fusion.stages.listing_faults import count_faults
from plait.items.clean_catalogue import read_catalogues
from plait.privacy.pseudonym import PseudonymKey

_FAIL_UNUSABLE = 0.2  # of the rows of a catalogue
_WARN_MATCH, _FAIL_MATCH = 0.9, 0.1  # of the events with an item


def check_catalogue(
    project: Project, platform: str, profile: LogProfile, key: PseudonymKey
) -> Iterator[LogFinding]:
    """Yields the findings of `catalogue` and `catalogue match` of one platform."""
    if project.platforms[platform].catalogue is None:
        return
    alone = project.model_copy(update={"platforms": {platform: project.platforms[platform]}})
    try:
        listed, counted, faulty = read_catalogues(alone, key)
    except PlaitError as error:
        where = f"platforms.{platform}.catalogue"
        yield LogFinding(
            "catalogue", platform, CheckLevel.fail, f"{error.headline}: it cannot be read.",
            {}, (str(error),), error.fix or f"Correct {where}.",
        )  # fmt: skip
        return
    yield _values(project, platform, counted[platform]["rows"], faulty)
    own = listed.select(item=pl.col("item").str.slice(len(platform) + 1))
    yield _match(platform, own, profile.items)


def _values(project: Project, platform: str, rows: int, faulty: pl.DataFrame) -> LogFinding:
    told = count_faults(faulty)
    counts: dict[str, float] = {**told.get("quarantined", {}), **told.get("unusable_values", {})}
    if not faulty.height:
        said = f"{rows:,} rows, all usable."
        return LogFinding("catalogue", platform, CheckLevel.passed, said, {"rows": rows})
    n = int(faulty["reason"].value_counts()["count"].max())  # type: ignore[arg-type]
    shown = tuple(text for texts in told["examples"].values() for text in texts[:2])
    return LogFinding(
        "catalogue", platform, share_level(n, rows, _FAIL_UNUSABLE),
        f"{faulty.height:,} rows or values of {rows:,} rows cannot be used.", counts,
        shown[:EXAMPLES], fix_listing(project, platform, CATALOGUE_SOURCE, faulty),
    )  # fmt: skip


def _match(platform: str, listed: pl.DataFrame, items: pl.DataFrame) -> LogFinding:
    events = int(items["events"].sum())
    missing = items.join(listed, on="item", how="anti").sort("events", descending=True)
    found = events - int(missing["events"].sum())
    counts = {"events with an item": events, "in the catalogue": found,
              "items not in it": missing.height}  # fmt: skip
    said = f"The item of {say_share(found, events)} is in the catalogue."
    if not events or found >= events * _WARN_MATCH:
        return LogFinding("catalogue match", platform, CheckLevel.passed, said, counts)
    unused = listed.join(items, on="item", how="anti")["item"].sort().head(EXAMPLES)
    sides = (
        f"events have: {', '.join(missing['item'].head(EXAMPLES))}",
        f"catalogue has: {', '.join(unused) or 'no other item'}",
    )
    level = CheckLevel.fail if found < events * _FAIL_MATCH else CheckLevel.warn
    fix = (
        f"Set platforms.{platform}.catalogue.columns.item to the column with the ids of events"
        " (or events.columns.item), or add the missing rows."
    )
    return LogFinding("catalogue match", platform, level, said, counts, sides, fix)
