"""Small logs with everything that can happen to a row."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import yaml

from plait.clean.clean_events import clean_events
from plait.clean.event_dialect import EventDialect
from plait.config import load_config
from plait.contracts.event_rows import RAW_SCHEMA
from plait.privacy.pseudonym import load_key
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog

PLATFORMS = ("shop", "video")


def write_project(folder: Path) -> Path:
    """Writes a project file and its first logs into `folder`; returns the file."""
    folder.mkdir(parents=True)
    events = {
        "columns": {"event_id": "id", "account": "user", "item": "item", "time": "time"},
        "time": {"unit": "s", "resolution": "s"},
        "type": "view",
    }
    raw = {
        "store": "store",
        "platforms": {
            name: {"kind": name, "events": {"files": f"{name}-*.csv"} | events}
            for name in PLATFORMS
        },
        "people": {"same_account_id": [list(PLATFORMS)]},
    }
    (folder / "plait.yaml").write_text(yaml.safe_dump(raw))
    write_logs(folder, 1)
    return folder / "plait.yaml"


def write_logs(folder: Path, part: int, rows: int = 3_000) -> None:
    """Writes log number `part` of every platform.

    Part 2 repeats rows of part 1, corrects some (the same id, later), and has bad rows.
    """
    for platform in PLATFORMS:
        number = pl.int_range((part - 1) * rows, part * rows, eager=True)
        fresh = _rows(number)
        if part > 1:
            old = _rows(number.head(rows // 10) - rows)
            corrected = old.with_columns(pl.col("time") + 7, item=pl.lit("corrected"))
            bad = fresh.head(20).with_columns(id=pl.lit(None, pl.String), user=pl.lit(""))
            fresh = pl.concat([fresh, old.head(100), corrected.tail(100), bad])
        fresh.write_csv(folder / f"{platform}-{part}.csv")


def _rows(number: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"n": number}).select(
        id=pl.format("e{}", "n"),
        user=pl.format("u{}", pl.col("n") * 7 % 311),
        item=pl.format("i{}", pl.col("n") * 13 % 97),
        time=1_700_000_000 + pl.col("n") * 61,
    )


def write_feedback(file: Path, objects: int) -> None:
    """Writes so many objects of one event each to the feedback log of the project in `file`.

    Each event names an answer, which is written beside it.
    """
    project = load_config(file)
    log = FeedbackLog(Store(project.store_uri))
    for n in range(objects):
        row = {
            "row": 0,
            "event_id": f"posted{n}",
            "account": f"u{n}",
            "item": f"i{n}",
            "type": "view",
        }
        raw = pl.DataFrame([row | {"time": "2024-01-01T00:00:00Z"}], schema=RAW_SCHEMA)
        events, _ = clean_events(raw, "shop", EventDialect(), load_key(project), datetime.now(UTC))
        named = events.with_columns(recommendation_id=pl.lit(f"r{n}"))
        log.write_events(named, f"{n}-0_{n}-0")
        shown = named.select(
            "recommendation_id", "account", "platform", "time", item_id="object_id",
            platform_of_account="platform", position=1, propensity=1.0, variant=pl.lit("current"),
            model=pl.lit("default"), model_version=pl.lit("v1"),
        )  # fmt: skip
        log.write_impressions(shown, f"shown_{n}")
