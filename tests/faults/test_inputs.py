"""Raw files that are damaged, or change while they are read."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml

from plait.config import load_config
from plait.errors import PlaitError
from plait.fusion.fuse_logs import fuse
from plait.fusion.kernels.row_kernel import FusionRowKernel
from plait.store import Store

from .book import Book
from .check import assert_same, rows_of
from .logs import write_logs


def _truncated_gzip(log: Path) -> Path:
    whole = gzip.compress(log.read_bytes())
    damaged = log.with_suffix(".csv.gz")
    damaged.write_bytes(whole[: len(whole) // 2])
    return damaged


def _damaged_gzip(log: Path) -> Path:
    whole = bytearray(gzip.compress(log.read_bytes()))
    whole[len(whole) // 2] ^= 0xFF
    damaged = log.with_suffix(".csv.gz")
    damaged.write_bytes(whole)
    return damaged


def _damaged_footer(log: Path) -> Path:
    damaged = log.with_suffix(".parquet")
    pl.read_csv(log).write_parquet(damaged)
    whole = bytearray(damaged.read_bytes())
    whole[-40:-8] = b"\xff" * 32
    damaged.write_bytes(whole)
    return damaged


def _truncated_parquet(log: Path) -> Path:
    damaged = log.with_suffix(".parquet")
    pl.read_csv(log).write_parquet(damaged)
    damaged.write_bytes(damaged.read_bytes()[:-100])
    return damaged


@pytest.mark.parametrize(
    "damage", [_truncated_gzip, _damaged_gzip, _damaged_footer, _truncated_parquet]
)
def test_a_damaged_file_is_refused_whole_and_named(
    project: Path, book: Book, damage: Callable[[Path], Path]
) -> None:
    base = fuse(project)
    store = Store(load_config(project).store_uri)
    old = rows_of(store, base)
    write_logs(project.parent, 2)
    damaged = damage(project.parent / "shop-2.csv")
    raw = yaml.safe_load(project.read_text())
    raw["platforms"]["shop"]["events"]["files"] = ["shop-1.csv", damaged.name]
    project.write_text(yaml.safe_dump(raw))
    with pytest.raises(PlaitError, match=damaged.name):
        fuse(project)
    assert store.current().number == base.number
    assert_same(rows_of(store, store.current()), old)
    book.injected("fuse", f"{damage.__name__.strip('_').replace('_', ' ')} as input")


def test_a_file_that_changes_while_it_is_read_stops_the_run(
    project: Path, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = fuse(project)
    store = Store(load_config(project).store_uri)
    write_logs(project.parent, 2)
    growing = project.parent / "video-2.csv"
    once = FusionRowKernel.__call__

    def appended(self: FusionRowKernel, split: object, rows: pl.DataFrame) -> object:
        with growing.open("a") as file:
            file.write("e9999999,u1,i1,1700000000\n")
        return once(self, split, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(FusionRowKernel, "__call__", appended)
    with pytest.raises(PlaitError, match="changed while it was read"):
        fuse(project)
    assert store.current().number == base.number
    monkeypatch.undo()
    assert fuse(project).number == base.number + 1
    book.injected("fuse", "a file that changes while it is read")
