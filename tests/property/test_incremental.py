"""Fusing what comes in, part by part, gives the tables of one run over everything."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from zlib import crc32

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import plait.clean.bot_figures
import plait.clean.strength_histogram
import plait.fusion.stages.find_inputs
from plait.clean.clean_events import clean_events
from plait.clean.event_dialect import EventDialect
from plait.config import Project
from plait.config.parse_project import parse_config
from plait.contracts.event_rows import FEEDBACK_IMPRESSIONS, RAW_SCHEMA
from plait.contracts.store_tables import TABLES
from plait.contracts.table_schema import conform_rows
from plait.engine.local.local_engine import LocalEngine
from plait.fusion.fuse_logs import fuse
from plait.live.stream_entries import decode_links, encode_link, encode_unlink
from plait.privacy.pseudonym import account_pseudonym
from plait.privacy.pseudonym_key import PseudonymKey
from plait.progress import silence
from plait.store import Store, StoreVersion
from plait.store.feedback.compaction import compact

NOW = datetime(2025, 1, 1, tzinfo=UTC)
KEY = "0123456789abcdef" * 4
COLUMNS = ["event_id", "account", "item", "query", "time", "order", "rating"]
SOUND = (None, "eve", "i1", None, "1700000000", "1", "5")
PLATFORMS = ("shop", "video")
Row = tuple[str | None, ...]

USERS = ("ann", "bob", "cid", "dan")
ANSWERS = {"r0": ("shop", "ann"), "r1": ("video", "ann"), "r2": ("shop", "cid")}  # who asked
TIMES = ("1700000000", "1700000001", "1700000002", "1690000000")


@dataclass(frozen=True)
class Arrival:
    """What came in between two fuses.

    Attributes:
        logs: rows by platform, a new file each.
        posted: rows that came over HTTP, by platform.
        links: pairs of accounts, and whether they are linked or unlinked.
        mails: the accounts file of both platforms: (platform, account), address and device.
        most: people.max_accounts, which may be tightened.
        compacted: whether the feedback log is, before the fuse.
        shown: answers of ANSWERS; a retry may have written one before.
    """

    logs: dict[str, list[Row]]
    posted: dict[str, list[Row]]
    links: list[tuple[tuple[str, str], tuple[str, str], bool]]
    mails: dict[tuple[str, str], tuple[str, str]]
    most: int
    compacted: bool
    shown: set[str]


def _arrivals(draws: Random) -> list[Arrival]:
    """Returns two to four arrivals; rows repeat, correct and contest those that came before."""
    before: dict[str, list[Row]] = {name: [] for name in PLATFORMS}
    arrivals = []
    for _ in range(draws.randint(2, 4)):
        posted = {name: _log(draws, before[name]) for name in PLATFORMS}
        arrivals.append(
            Arrival(
                {name: _log(draws, before[name]) for name in PLATFORMS},
                posted if draws.random() < 0.5 else {},
                [
                    (_place(draws), _place(draws), draws.random() < 0.6)
                    for _ in range(draws.choice([0, 0, 1, 2, 6]))
                ],
                {
                    _place(draws): (draws.choice(["m1", "m2", ""]), draws.choice(["d1", "d2", ""]))
                    for _ in range(draws.randint(0, 5))
                },
                draws.choice([2, 3, 50]),
                draws.random() < 0.5,
                {draws.choice(list(ANSWERS)) for _ in range(draws.choice([0, 1, 3]))},
            )
        )
    return arrivals


def _log(draws: Random, before: list[Row]) -> list[Row]:
    rows = [_row(draws, before) for _ in range(draws.choice([0, 1, 3, 9]))]
    before += rows
    return rows


def _row(draws: Random, before: list[Row]) -> Row:
    given, who = draws.choice([None, "e1", "e2", "e3"]), draws.choice(USERS)
    if before and draws.random() < 0.5:
        old = draws.choice(before)
        if draws.random() < 0.3:
            return old
        given, who = old[0], old[1] or who
    return (
        given,
        who if draws.random() < 0.9 else None,
        draws.choice(["i1", "i2", "i3"]),
        draws.choice([None, None, "red shoes"]),
        draws.choice(TIMES) if draws.random() < 0.9 else "soon",
        draws.choice(["1", "2", None]),
        draws.choice(["1", "5", "5", None]),
    )


def _place(draws: Random) -> tuple[str, str]:
    return draws.choice(PLATFORMS), draws.choice(USERS)


def _project(folder: Path, same: list[list[str]], length: int, most: int) -> Project:
    def platform(name: str, noisy: bool = False, **more: Any) -> dict[str, Any]:
        columns = {name: name for name in COLUMNS}
        events = {
            "files": f"{name}-*.csv",
            "columns": columns,
            "time": {"unit": "s", "resolution": "s"},
        }
        keys = {"mail": "mail", "device": "device"}
        accounts = {"files": f"{name}.mails.csv", "account": "id", "keys": keys}
        # Three events in two seconds make a bot here.
        bots = {"min_events": 3, "events_per_hour": 3, "gap_variation": 9, "remove": noisy}
        denoise = {"bots": bots, "session_gap_minutes": 30 if noisy else None}
        logs = {"events": events | {"type": "view"} | more, "accounts": accounts}
        if noisy:
            columns["dwell"] = "rating"
            logs["strength"] = {"dwell": True, "repeats": True}
        return logs | {"denoise": denoise}

    raw = {
        "store": "store",
        "sequence_length": length,
        "platforms": {
            "shop": platform("shop", keep="rating is null or rating > 1"),
            "video": platform("video", noisy=True),
        },
        "people": {"same_account_id": same, "max_accounts": most},
    }
    return parse_config(raw, folder=folder)


def _arrive(folder: Path, n: int, arrival: Arrival) -> None:
    """Writes down what came in."""
    key = PseudonymKey(KEY)
    for name, rows in arrival.logs.items():
        if n == 0:
            rows = [SOUND, *rows]
        if rows:
            frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
            frame.write_csv(folder / f"{name}-{n}.csv")
        file = folder / f"{name}.mails.csv"
        held = [
            f"{who},{mail},{device}"
            for (on, who), (mail, device) in arrival.mails.items()
            if on == name
        ]
        file.write_text("\n".join(["id,mail,device", "zoe,,", *held]) + "\n")
        os.utime(file, (n, n))
    for name, rows in arrival.posted.items():
        _put(folder / f"store/feedback/events/{name}-{n}.parquet", _posted(name, rows, key))
    said = []
    for one, two, joined in arrival.links:
        ends = [(account_pseudonym(pl.Series([who]), key, on)[0], on) for on, who in (one, two)]
        said.append((encode_link if joined else encode_unlink)(ends[0], ends[1], NOW))
    _put(folder / f"store/feedback/links/{n}-0_{n}-9.parquet", decode_links(said))
    for answer in arrival.shown:
        _put(folder / f"store/feedback/impressions/{n}-{answer}.parquet", _shown(answer, key))


def _posted(name: str, rows: list[Row], key: PseudonymKey) -> pl.DataFrame:
    raw = pl.DataFrame(
        [dict(zip(COLUMNS, row, strict=True)) | {"row": n} for n, row in enumerate(rows)],
        schema=RAW_SCHEMA,
    )
    events, rejected = clean_events(raw, name, EventDialect(unit="s", type="view"), key, NOW)
    assert set(rejected["reason"]) <= {"null_account", "bad_time"}
    kept = [row for n, row in enumerate(rows) if n not in set(rejected["row"])]
    # A row that is sent again names the answer that it named before; some name none.
    named = [f"r{crc32(repr(row).encode()) % (len(ANSWERS) + 1)}" for row in kept]
    answers = [name if name in ANSWERS else None for name in named]
    return events.with_columns(recommendation_id=pl.Series(answers, dtype=pl.String))


def _shown(answer: str, key: PseudonymKey) -> pl.DataFrame:
    on, who = ANSWERS[answer]
    items = ["shop:i1", "shop:i2", "video:i1"]
    rows = pl.DataFrame(
        {
            "recommendation_id": answer, "time": NOW, "platform_of_account": on,
            "account": account_pseudonym(pl.Series([who]), key, on)[0],
            "item_id": items, "platform": [item.split(":")[0] for item in items],
            "position": [1, 2, 3], "score": 0.5, "propensity": 1.0, "variant": "current",
            "model": "default", "model_version": "v1",
        }
    )  # fmt: skip
    return conform_rows(rows, FEEDBACK_IMPRESSIONS)


def _put(file: Path, frame: pl.DataFrame) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if frame.height:
        frame.write_parquet(file)


def _fuse(project: Project, *, full: bool) -> StoreVersion:
    return fuse(project, engine=LocalEngine(threads=1), now=NOW, full=full)


def _tables(project: Project, version: StoreVersion) -> dict[str, pl.DataFrame]:
    store = Store(project.store_path)
    tables = {name: store.read(name, version) for name in TABLES}
    # Where an account's rows lie is no part of what the tables say.
    tables["accounts"] = tables["accounts"].drop("bucket")
    return {
        name: table.sort([c for c, k in table.schema.items() if not k.is_nested()])
        for name, table in tables.items()
    }


def _counts(version: StoreVersion) -> dict[str, Any]:
    """Returns the counts; how often a row repeats one that was superseded is told apart by none."""
    counts = dict(version.counts)
    counts["platforms"] = {
        name: {k: v for k, v in entry.items() if k not in ("duplicates", "superseded")}
        | {"repeats": entry["duplicates"] + entry["superseded"]}
        for name, entry in counts["platforms"].items()
    }
    return counts


# A fuse costs the same for few rows and for many: few examples of many rows. None is shrunk.
@pytest.mark.slow
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(
    st.integers(0, 2**32 - 1).map(Random).map(_arrivals),
    st.sampled_from([1, 2, 8]),
    st.sampled_from([[], [["shop", "video"]]]),
    st.sampled_from([2, 50]),
)
def test_part_by_part_is_all_at_once(
    arrivals: list[Arrival], buckets: int, same: list[list[str]], length: int
) -> None:
    silence()
    folder = Path(tempfile.mkdtemp())
    try:
        with (
            patch.dict("os.environ", PLAIT_PSEUDONYM_KEY=KEY),
            patch.object(plait.fusion.stages.find_inputs, "count_buckets", lambda size: buckets),
            patch.object(plait.clean.strength_histogram, "_MIN_DWELLS", 2),
            patch.object(plait.clean.bot_figures, "_BUSY_MINUTES", 1),
        ):
            _check(folder / "one", folder / "two", arrivals, same, length)
    finally:
        shutil.rmtree(folder)


def _check(
    home: Path, copy: Path, arrivals: list[Arrival], same: list[list[str]], length: int
) -> None:
    home.mkdir()
    for n, arrival in enumerate(arrivals):
        project = _project(home, same, length, arrival.most)
        _arrive(home, n, arrival)
        if arrival is arrivals[-1]:
            shutil.copytree(home, copy)
        if arrival.compacted:
            compact(Store(project.store_path), least=2, grace=timedelta(0))
        part = _fuse(project, full=False)
        assert part.run["mode"] == ("incremental" if n else "full"), part.run
    other = _project(copy, same, length, arrival.most)
    whole = _fuse(other, full=True)
    one, two = _tables(project, part), _tables(other, whole)
    for name in TABLES:
        assert one[name].equals(two[name]), f"{name}:\n{one[name]}\n{two[name]}"
    assert _counts(part) == _counts(whole)
    assert part.learned == whole.learned
