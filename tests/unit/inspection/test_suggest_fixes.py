"""Every suggested fix is applied word by word, and then the log is read without the fault."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from plait.clean.clean_events import clean_events
from plait.clean.event_dialect import EventDialect
from plait.config.parse_project import parse_config
from plait.contracts.event_rows import RAW_SCHEMA
from plait.inspection.faulty_value import FaultyValue, find_source
from plait.inspection.suggest_fixes import suggest_fix
from plait.privacy.pseudonym import PseudonymKey
from plait.sources.files.find_files import find_files
from plait.sources.read_platform import read_events

NOW = datetime(2025, 1, 1, tzinfo=UTC)
T = "2024-01-31T10:00:00Z"
# field: the values in the log, the settings, and what the first two become (null: not looked at).
CASES: list[tuple[str, list[Any], dict[str, Any], list[Any]]] = [
    ("time", ["31.01.2024 10:00"] * 2, {}, [T[:16]] * 2),
    ("time", ["01/31/2024", "02/01/2024"], {}, ["2024-01-31T00:00", "2024-02-01T00:00"]),
    ("time", [1706695200, 1706695260], {}, [T[:16], "2024-01-31T10:01"]),
    ("time", [1706695200000] * 2, {"time": {"unit": "s"}}, [T[:16]] * 2),
    ("time", [1706695200] * 2, {"time": {"unit": "ms"}}, [T[:16]] * 2),
    ("time", [T] * 2, {"time": {"unit": "s"}}, [T[:16]] * 2),
    ("time", ["/Date(1706695200000+0100)/"] * 2, {}, [T[:16]] * 2),
    ("time", [45322.25, 45322], {}, ["2024-01-31T06:00", "2024-01-31T00:00"]),
    ("value", ["12,50", "1.234,50"], {}, [12.5, 1234.5]),
    ("dwell", ["1:30", "12:00"], {}, [90.0, 720.0]),
    ("dwell", ["01:01:30", "0:00:05"], {}, [3690.0, 5.0]),
    ("dwell", ["12 s", "7 s"], {}, [12.0, 7.0]),
    ("dwell", ["-5", "7"], {}, [None, 7.0]),
    ("dwell", [90_000_000, 90_000], {}, [None, 90.0]),
    ("rating", ["4.5/5", "3/5"], {}, [4.5, 3.0]),
    ("rating", ["good", "3"], {}, [None, 3.0]),
    ("currency", ["€", "€"], {}, ["EUR", "EUR"]),
    ("item", [{"id": {"sku": 7}, "n": "x"}, "plain"], {}, ["p:7", "p:plain"]),
    ("item", [{"a.b": "x"}, "y"], {}, ["p:x", "p:y"]),
    ("item", [["a", "b"], ["c"]], {}, ["p:a", "p:b", "p:c"]),
    ("item", [[{"id": 1}, {"id": 2}], [{"id": 3}]], {}, ["p:1", "p:2", "p:3"]),
    ("type", ["VIEW", "Click"], {"type": {"column": "type"}}, ["view", "click"]),
]  # fmt: skip
BECOMES = {"dwell": "dwell_s", "item": "object_id"}


def _clean(folder: Path, log: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame, Any]:
    raw = {"store": "s", "platforms": {"p": {"events": log}}}
    project = parse_config(raw, folder=folder)
    (events,) = project.platforms["p"].events
    rules = EventDialect.of("platforms.p.events", events, project.platforms["p"])
    (file,) = find_files(project, events.files, events.file_format, "platforms.p.events")
    rows = pl.concat(read_events(file, events)).with_columns(
        pl.int_range(1, pl.len() + 1).alias("row")
    )
    kept, rejected = clean_events(
        rows.select(list(RAW_SCHEMA)), "p", rules, PseudonymKey("k" * 64), NOW
    )
    return kept, rejected, project.platforms["p"]


def _apply(log: dict[str, Any], fix: str) -> None:
    for name, value in re.findall(
        r"platforms\.p\.events\.([\w.]+): (.+?)(?= and platforms|, or | \(or | if |$)", fix
    ):
        *path, last = name.split(".")
        at = log
        for part in path:
            at = at.setdefault(part, {})
        at[last] = yaml.safe_load(value)


@pytest.mark.parametrize(("field", "values", "settings", "expected"), CASES)
def test_the_fix_reads_the_values(
    tmp_path: Path, field: str, values: list[Any], settings: dict[str, Any], expected: list[Any]
) -> None:
    rows = [
        {"user": "ann", "item": f"i{n}", "time": T, field: value} for n, value in enumerate(values)
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = {"account": "user", "item": "item", "time": "time"}
    log = {"files": "a.jsonl", "type": "view", "columns": columns} | settings
    if field != "type":
        columns[field] = field
    _, rejected, platform = _clean(tmp_path, log)
    reason = rejected["reason"][0]
    seen = rejected.filter(pl.col("reason") == reason)["value"].to_list()
    home = find_source(platform, "p", "events", "a.jsonl")
    fix = suggest_fix(FaultyValue(reason, field, seen, *home))
    _apply(log, fix)
    events, rejected, _ = _clean(tmp_path, log)
    column = events[BECOMES.get(field, field)]
    found = column.dt.strftime("%Y-%m-%dT%H:%M").to_list() if field == "time" else column.to_list()
    assert found == expected[-len(found) :], fix
    assert rejected.height == len(expected) - len(found) == (90_000_000 in values), fix


def test_personal_values_get_a_path_with_a_gap() -> None:
    raw = {"store": "s", "platforms": {"p": {
        "events": {"files": "a.csv", "type": "view", "time": "order",
                   "columns": {"account": "u", "item": "i"}},
        "accounts": {"files": "k.csv", "account": "id", "keys": {"mail": "m"}},
    }}}  # fmt: skip
    platform = parse_config(raw, folder=Path()).platforms["p"]
    for kind, field, key in (
        ("events", "account", "events.columns.account: u"),
        ("accounts", "account", "accounts.account: id"),
        ("accounts", "keys.mail", "accounts.keys.mail: m"),
    ):
        home = find_source(platform, "p", kind, "a.csv")
        fix = suggest_fix(FaultyValue("nested_value", field, [], *home))
        assert fix == f"Set platforms.p.{key}.NAME, with the name of a value inside it."
