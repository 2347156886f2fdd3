"""What is new, read by Spark on top of what is there, and by the local engine: the same tables."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from plait.config.parse_project import parse_config
from plait.engine.spark.spark_engine import SparkEngine
from plait.fusion.fuse_logs import fuse
from plait.privacy.erasure import erasure_rows
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym
from plait.store import Store
from plait.store.feedback.compaction import compact
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.feedback.log_paths import ERASURES_FOLDER

from .logs import tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.slow
HOUR = 472_222 * 3_600  # an hour of the clock
KEY = "0123456789abcdef" * 4
NOW = datetime(2025, 1, 1, tzinfo=UTC)


def _log(folder: Path, part: int) -> None:
    """Writes a log; each repeats a tenth of the one before, and corrects another."""
    number = pl.int_range(part * 900, part * 900 + 1_000, eager=True)
    late = pl.when(number % 7 == 0).then(-50_000).otherwise(part)
    pl.DataFrame({"n": number, "late": pl.select(late).to_series()}).select(
        id=pl.format("e{}", "n"),
        user=pl.format("u{}", pl.col("n") % 61 + (pl.col("n") % 5) * part),
        item=pl.format("i{}", pl.col("n") % 40),
        time=1_700_000_000 + pl.col("n") * 60 + pl.col("late"),
        secs=(pl.col("n") * 7 % 97 + 1) * (part + 1),
    ).write_csv(folder / f"log-{part}.csv")


def _noise(folder: Path, part: int) -> None:
    """Writes part of a crawl, too short for a bot, and one click of a burst."""
    rows = [("crawler", f"i{n}", HOUR + 20 * n) for n in range(part * 90, part * 90 + 90)]
    rows += [("clicker", "i1", HOUR + 2 - part)]  # the later part has the earlier click
    frame = pl.DataFrame(rows, schema=["user", "item", "time"], orient="row")
    ids = pl.format("n{}-{}", pl.lit(part), pl.int_range(pl.len()))
    frame.with_columns(id=ids, secs=pl.lit(5_000)).write_csv(folder / f"log-noise-{part}.csv")


def _post(store: Path, part: int) -> None:
    """Writes objects to the feedback log and compacts it: what was read lies beside what is new."""
    log = FeedbackLog(Store(store))
    for n in range(3):
        row = {"event_id": f"shop:p{part}{n}", "platform": "shop", "account": f"a_0000_{n:032x}"}
        kind = {"type": "view", "object_kind": "item", "object_id": f"shop:i{n}", "strength": 0.3}
        named = {"recommendation_id": f"r{n}"}  # part 1 names an answer before it is written
        log.write_events(pl.DataFrame([row | kind | named]), f"{part}-{n}_{part}-{n}")
        answer = {"recommendation_id": f"r{n * part}", "account": row["account"], "time": NOW}
        shown = {"position": [1, 2], "item_id": [f"shop:i{n}", f"shop:i{n * part}"]}
        told = {"platform": "shop", "propensity": 1.0, "variant": "current", "model": "m"}
        rows = pl.DataFrame(answer | shown | told | {"model_version": "v1"})
        log.write_impressions(rows, f"{part}-{n}")
    compact(Store(store), least=2, grace=timedelta(0))
    if part == 2:
        erased = account_pseudonym(pl.Series(["u7"]), PseudonymKey(KEY), "shop")[0]
        ids = {erased: "shop", f"a_0000_{1:032x}": "shop"}
        log.write_directly(erasure_rows(ids, "x_1", NOW), ERASURES_FOLDER)


def _engine(spark: SparkSession, parallelism: int) -> SparkEngine:
    return SparkEngine(spark, parallelism)


@pytest.mark.parametrize("first", ["spark", "local"])
def test_both_engines_take_up_what_is_new(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """Whichever made the version before, and however wide it spread the people."""
    monkeypatch.setattr("plait.fusion.stages.find_inputs.BUCKET_BYTES", 53_000)
    monkeypatch.setattr(
        "plait.fusion.stages.find_inputs._PARQUET_GROWTH", 0.1
    )  # a part is mostly footer
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", KEY)
    columns = {"event_id": "id", "account": "user", "item": "item", "time": "time", "dwell": "secs"}
    events = {"files": "log-*.csv", "columns": columns, "time": {"unit": "s"}, "type": "view"}
    bots = {"min_events": 150, "events_per_hour": 150}
    shop = {"events": events, "denoise": {"bots": bots}, "strength": {"dwell": True}}
    raw = {"platforms": {"shop": shop}}
    _log(tmp_path, 0)
    _noise(tmp_path, 0)
    on_spark = parse_config(raw | {"store": "spark"}, folder=tmp_path)
    before = fuse(on_spark, engine=_engine(spark, 4) if first == "spark" else None, now=NOW)
    assert before.buckets == 4
    shutil.copytree(tmp_path / "spark", tmp_path / "local")
    here = parse_config(raw | {"store": "local"}, folder=tmp_path)
    for part in (1, 2):
        _log(tmp_path, part)
        _noise(tmp_path, part)
        for name in ("spark", "local"):
            _post(tmp_path / name, part)
        there = fuse(on_spark, engine=_engine(spark, 16), now=NOW)
        mine = fuse(here, now=NOW)
        assert (there.run["mode"], there.run["why"]) == ("incremental", "")
        assert mine.run["mode"] == "incremental"
        assert there.counts == mine.counts
        assert there.learned == mine.learned
        expected = tables(Store(tmp_path / "local"), mine, places=True)
        assert expected["bots"]["events"].to_list() == [90 * (part + 1)]
        removed = mine.counts["platforms"]["shop"]["removed"]
        assert (removed.pop("erased", 0) > 0) == (part == 2)
        assert removed == {"bot": 90 * (part + 1), "near_duplicate": part}
        assert expected["impressions"]["events"].sum() > 0
        for name, table in tables(Store(tmp_path / "spark"), there, places=True).items():
            assert table.equals(expected[name]), name
