"""Every mistake in the input ends in one sentence that says what, where and the fix."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from plait.errors import (
    BadFilter,
    EmptyInput,
    MissingFile,
    PlaitError,
    StoreError,
    TooFewEvents,
    UnknownColumn,
    UnknownEventType,
    UnreadableFile,
)

from .small import Fuse, platform

GOOD = "user,item,time\nann,i1,1700000000\n"


@pytest.mark.parametrize(
    ("content", "change", "error", "message"),
    [
        (None, {}, MissingFile, r"no file 'a\.csv'"),
        ("", {}, EmptyInput, r"'a\.csv' is empty"),
        ("user,item,time\n", {}, EmptyInput, r"platform 'a' has no rows \('a\.csv' without"),
        ("usr,item,time\na,b,1\n", {}, UnknownColumn, r"Set .*\.a\.events\.columns\.account: usr"),
        (GOOD, {"type": "purchas"}, UnknownEventType, r"Did you mean 'purchase'\?"),
        (GOOD, {"type": {"column": "kind"}}, UnknownColumn, r"Set .*\.events\.type\.column"),
        (GOOD, {"keep": "rating > 'x'"}, BadFilter, "different types"),
        (GOOD, {"keep": "value > 3"}, TooFewEvents, r"Relax platforms\.a\.events\.keep"),
        (GOOD, {"k_core": 2}, TooFewEvents, r"Lower platforms\.a\.events\.k_core"),
        (GOOD, {"time": {"unit": "ms"}}, TooFewEvents, r"ancient_time.*events\.time\.unit"),
        (GOOD, {"time": {"unit": "iso"}}, TooFewEvents, r"bad_time.*Set .*events\.time\.unit"),
        ("user,item,time\n,i,1700000000\n", {}, TooFewEvents, r"1 quarantined: .* \(null_account;"),
    ],
)  # fmt: skip
def test_bad_logs(
    folder: Path, fuse_here: Fuse, content: str | None, change: dict[str, Any],
    error: type[PlaitError], message: str,
) -> None:  # fmt: skip
    if content is not None:
        (folder / "a.csv").write_text(content)
    with pytest.raises(error, match=message):
        fuse_here({"a": platform("a.csv", **change)})
    assert not list(folder.glob("store/versions/*"))


def test_a_truncated_gzip_publishes_nothing(folder: Path, fuse_here: Fuse) -> None:
    rows = "".join(f"u{n},i{n * 7919},{1_700_000_000 + n}\n" for n in range(20_000))
    packed = gzip.compress(("user,item,time\n" + rows).encode())
    (folder / "a.csv.gz").write_bytes(packed[:-2000])
    with pytest.raises(UnreadableFile, match="ends too early"):
        fuse_here({"a": platform("a.csv.gz")})
    assert not list(folder.glob("store/versions/*"))
    assert not list(folder.glob("store/scratch/*"))


def test_a_store_that_cannot_be_written(folder: Path, fuse_here: Fuse) -> None:
    (folder / "a.csv").write_text(GOOD)
    with pytest.raises(StoreError, match=r"Set `store:`"):
        fuse_here({"a": platform("a.csv")}, store="a.csv/store")


def test_a_missing_catalogue_stops_before_any_row_is_read(folder: Path, fuse_here: Fuse) -> None:
    (folder / "a.csv").write_text(GOOD)
    catalogue = {"files": "items.csv", "columns": {"item": "id"}}
    with pytest.raises(MissingFile, match=r"platforms\.a\.catalogue\.files"):
        fuse_here({"a": platform("a.csv", catalogue=catalogue)})
