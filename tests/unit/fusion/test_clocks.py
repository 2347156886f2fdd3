"""Events stamped after their file was written hide nothing."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import polars as pl

from .small import NOW, Fuse, platform


def test_a_purchase_of_now_outranks_what_wrong_clocks_stamped(
    folder: Path, fuse_here: Fuse
) -> None:
    stamps = [NOW + timedelta(hours=20, seconds=n) for n in range(50)]
    rows = [("ann", "bought", NOW), *(("ann", f"i{n}", at) for n, at in enumerate(stamps))]
    lines = [f"{who},{item},{int(at.timestamp())}" for who, item, at in rows]
    (folder / "shop.csv").write_text("\n".join(["user,item,time", *lines]) + "\n")
    fused = fuse_here({"shop": platform("shop.csv")})
    (row,) = fused.sequences.rows(named=True)
    assert row["item"] == [*(f"shop:i{n}" for n in range(1, 50)), "shop:bought"]
    assert row["seen"] == "shop:i0"
    assert max(row["time"]) <= NOW
    assert sorted(fused.events["stamped"].drop_nulls()) == stamps


def test_a_run_of_what_is_new_makes_what_a_run_over_everything_makes(
    folder: Path, fuse_here: Fuse
) -> None:
    def write(name: str, *rows: tuple[str, int], hours: int) -> None:
        lines = [f"ann,{item},{int((NOW + timedelta(hours=h)).timestamp())}" for item, h in rows]
        (folder / name).write_text("\n".join(["user,item,time", *lines]) + "\n")
        written = (NOW + timedelta(hours=hours)).timestamp()
        os.utime(folder / name, (written, written))

    def fuse(**more: bool) -> pl.DataFrame:
        events = fuse_here({"shop": platform("shop-*.csv")}, **more).events
        return events.sort("event_id").drop("bucket", strict=False)

    write("shop-1.csv", ("a", -60), ("b", -40), ("c", -31), hours=-50)
    fuse()
    write("shop-2.csv", ("b", -40), ("d", -2), hours=-20)  # b again, and received at another time
    part = fuse()
    assert part.height == 4
    b = part.filter(object_id="shop:b")
    assert b["stamped"].to_list() == [NOW - timedelta(hours=40)]
    assert b["time"][0] < NOW - timedelta(hours=51)
    assert part.equals(fuse(full=True))
