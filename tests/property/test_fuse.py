"""Any split of the input into files, any order, any repetition gives the same tables."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import plait.fusion.stages.find_inputs
from plait.config.parse_project import parse_config
from plait.contracts.store_tables import TABLES
from plait.engine.local.local_engine import LocalEngine
from plait.fusion.fuse_logs import fuse
from plait.progress import silence
from plait.store import Store

NOW = datetime(2025, 1, 1, tzinfo=UTC)
KEY = "0123456789abcdef" * 4
COLUMNS = ["id", "user", "item", "query", "time", "order", "stars"]

_rows = st.tuples(
    st.sampled_from([None, None, "e1", "e2"]),
    st.sampled_from(["ann", "bob", "cid", "dan", None]),
    st.sampled_from(["i1", "i2", "i3", None]),
    st.sampled_from([None, "red shoes"]),
    st.sampled_from(["1700000000", "1700000001", "1700000002", "soon", "5"]),
    st.sampled_from(["1", "2", None]),
    st.sampled_from(["1", "5", None]),
)
_log = st.lists(_rows, min_size=1, max_size=30)


def _platform(files: str, **more: Any) -> dict[str, Any]:
    columns = {
        "event_id": "id", "account": "user", "item": "item", "query": "query", "time": "time",
        "order": "order", "rating": "stars",
    }  # fmt: skip
    events = {"files": files, "columns": columns, "time": {"unit": "s"}, "type": "view"}
    return {"events": events | more}


def _fuse(logs: dict[str, list[Sequence[Sequence[str | None]]]], buckets: int) -> dict[str, Any]:
    """Returns the tables that the logs (files of rows, by platform) become."""
    folder = Path(tempfile.mkdtemp())
    try:
        for name, files in logs.items():
            for n, rows in enumerate(files):
                frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
                frame.write_csv(folder / f"{name}-{n}.csv")
        raw = {
            "store": "store",
            "platforms": {
                "shop": _platform("shop-*.csv", keep="rating is null or rating > 1"),
                "video": _platform("video-*.csv", k_core=2),
            },
            "people": {"same_account_id": [["shop", "video"]]},
        }
        with (
            patch.dict("os.environ", PLAIT_PSEUDONYM_KEY=KEY),
            patch.object(plait.fusion.stages.find_inputs, "count_buckets", lambda size: buckets),
        ):
            version = fuse(parse_config(raw, folder=folder), engine=LocalEngine(threads=2), now=NOW)
        store = Store(folder / "store")
        tables = {name: store.read(name, version) for name in TABLES}
        # A row in quarantine says where it stood: compare what it says was wrong.
        tables["accounts"] = tables["accounts"].drop("bucket")
        tables["quarantine"] = tables["quarantine"].drop("file", "row").unique()
        return {
            name: table.sort([c for c, k in table.schema.items() if not k.is_nested()])
            for name, table in tables.items()
        }
    finally:
        shutil.rmtree(folder)


@st.composite
def _rearranged(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], int]:
    """Two ways to write the same rows down: in one file each, and split, shuffled, repeated."""
    sound = ("", "ann", "i1", None, "1700000000", "1", "5")
    core = [
        (None, who, item, None, "1700000000", "1", None)
        for who in ("ann", "bob")
        for item in ("i1", "i2")
    ]
    plain, other = {}, {}
    for name, always in (("shop", [sound]), ("video", core)):
        rows = draw(_log) + always
        repeated = rows + draw(st.lists(st.sampled_from(rows), max_size=5))
        mixed = draw(st.permutations(repeated))
        cuts = sorted(draw(st.sets(st.integers(1, len(mixed) - 1), max_size=3)))
        bounds = [0, *cuts, len(mixed)]
        plain[name] = [rows]
        other[name] = [mixed[a:b] for a, b in pairwise(bounds)]
    return plain, other, draw(st.sampled_from([1, 2, 8]))


# A fuse costs the same for few rows and for many: few examples of many rows. None is shrunk.
@pytest.mark.slow
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(_rearranged())
def test_the_tables_depend_on_the_set_of_rows_alone(
    case: tuple[dict[str, Any], dict[str, Any], int],
) -> None:
    silence()
    plain, other, buckets = case
    one, two = _fuse(plain, 1), _fuse(other, buckets)
    for name in TABLES:
        assert one[name].equals(two[name]), f"{name}:\n{one[name]}\n{two[name]}"
