"""Speed and memory of `plait fuse` on generated logs.

    python benchmarks/fuse.py --events 10000000 --against-script

Three platforms in three formats (CSV, JSON Lines, Parquet), Zipf accounts and items, one account
with 1 % of all events, two platforms with one account id space. Every measured run is a child
process of its own: rows a second over its whole work, peak resident memory as the kernel
reports it. `--against-script` runs beside it one hand-written Polars script that makes the same
`sequences` (benchmarks/fuse_script.py) and checks that both made the same ones.

    python benchmarks/fuse.py --events 1000000 --engine spark --master 'local[2]' --against-pyspark

runs the Spark engine, and beside it the obvious PySpark program (benchmarks/fuse_pyspark.py). Both
clocks start when the session stands. Processor seconds and memory are then the driver's alone.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from plait.store import Store

PROJECT = """\
store: store
platforms:
  shop:
    kind: shop
    events:
      files: shop-*.csv
      columns: {account: user_id, item: sku, time: ts, value: price}
      time: {unit: s, resolution: s}
      type: {column: action, map: {buy: purchase, look: view, basket: cart}}
  video:
    kind: video
    events:
      files: video-*.jsonl
      columns: {account: viewer, item: clip, time: at, dwell: secs}
      time: {unit: ms, resolution: us}
      type: watch
  news:
    kind: news
    events:
      files: news-*.parquet
      columns: {account: reader, item: article, time: seen}
      type: read
people:
  same_account_id: [[shop, video]]
"""
PART = 1_000_000
START, SPAN = 1_600_000_000, 100_000_000  # seconds


def generate(folder: Path, events: int, seed: int = 7) -> None:
    """Writes the project file and `events` rows of log into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plait.yaml").write_text(PROJECT)
    random = np.random.default_rng(seed)
    shares = {"shop": 0.4, "video": 0.4, "news": 0.2}
    accounts, items = max(events // 20, 50), max(events // 100, 20)
    for platform, share in shares.items():
        left, part = round(events * share), 0
        while left:
            n = min(left, PART)
            _write(folder, platform, part, _rows(random, n, accounts, items))
            left, part = left - n, part + 1


def _zipf(random: np.random.Generator, n: int, count: int) -> np.ndarray:
    """Returns n draws from 0 to count - 1 with probability about 1 / (rank + 10)."""
    return np.minimum((10 * ((count / 10 + 1) ** random.random(n) - 1)).astype(np.int64), count - 1)


def _rows(random: np.random.Generator, n: int, accounts: int, items: int) -> pl.DataFrame:
    account = _zipf(random, n, accounts)
    account[random.random(n) < 0.01] = accounts  # the one with 1 % of the events
    seconds = START + random.integers(0, SPAN, n)
    return pl.DataFrame(
        {
            "account": account, "item": _zipf(random, n, items), "seconds": seconds,
            "amount": random.integers(100, 9_999, n) / 100,
            "word": random.integers(0, 3, n).astype(np.int64),
        }
    )  # fmt: skip


def _write(folder: Path, platform: str, part: int, rows: pl.DataFrame) -> None:
    path = folder / f"{platform}-{part:04d}"
    user = pl.concat_str(pl.lit("user-"), pl.col("account"))
    thing = pl.concat_str(pl.lit(f"{platform[0]}-"), pl.col("item"))
    if platform == "shop":
        word = pl.col("word").replace_strict({0: "buy", 1: "look", 2: "basket"})
        rows.select(
            user_id=user, sku=thing, ts="seconds", price="amount", action=word
        ).write_csv(path.with_suffix(".csv"))  # fmt: skip
    elif platform == "video":
        rows.select(
            viewer=user, clip=thing, at=pl.col("seconds") * 1000, secs="amount"
        ).write_ndjson(path.with_suffix(".jsonl"))  # fmt: skip
    else:
        rows.select(
            reader=user, article=thing, seen=pl.from_epoch("seconds").dt.replace_time_zone("UTC")
        ).write_parquet(path.with_suffix(".parquet"))  # fmt: skip


_FUSE = """
import resource, sys, time
from plait.engine.open_engine import EngineName, open_engine
from plait.fusion.fuse_logs import fuse
from plait.progress import silence
silence()
with open_engine(EngineName(sys.argv[2]), *sys.argv[3:]) as engine:
    start = time.perf_counter()
    version = fuse(sys.argv[1], engine=engine)
    seconds = time.perf_counter() - start
usage = resource.getrusage(resource.RUSAGE_SELF)
print(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
"""


def measure(command: list[str], events: int) -> dict[str, float]:
    """Runs a child that prints seconds, processor seconds, peak bytes; returns the figures."""
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    seconds, processor, peak = (float(figure) for figure in out[-3:])
    return {
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor, 2),
        "rows_per_second": round(events / seconds),
        "peak_gib": round(peak / 2**30, 2),
    }


def compare_sequences(folder: Path) -> dict[str, Any]:
    """Returns whether plait and the script made the same sequences, and for how many people.

    People of whom plait removed noise are left out: the script keeps a chance near duplicate.
    """
    store = Store(folder / "store")
    noisy = store.read("removed_events")["person"].unique()
    stays = ~pl.col("person").is_in(noisy.implode())
    script = pl.read_parquet(folder / "sequences.parquet").filter(stays).sort("person")
    columns = ["person", "total", "event_id", "platform", "item", "type"]
    ours = store.read("sequences").filter(stays).sort("person").select(columns)
    same = ours.equals(script.select(list(ours.schema)).cast(dict(ours.schema)))
    return {"same_sequences": same, "people": ours.height, "people_left_out": noisy.len()}


def main() -> None:
    """Generates, measures and prints one JSON object a line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--folder", type=Path, help="keep the generated logs here")
    parser.add_argument("--against-script", action="store_true", help="run the script beside it")
    parser.add_argument("--engine", choices=["local", "spark"], default="local")
    parser.add_argument("--master", default="local[2]", help="where Spark runs")
    parser.add_argument("--against-pyspark", action="store_true", help="run the program beside it")
    given = parser.parse_args()
    for events in given.events:
        folder = (given.folder or Path(tempfile.mkdtemp())) / str(events)
        if not (folder / "plait.yaml").exists():
            generate(folder, events)
        shutil.rmtree(folder / "store", ignore_errors=True)
        config = str(folder / "plait.yaml")
        moved_by = [given.engine] + [given.master] * (given.engine == "spark")
        figures: dict[str, Any] = {
            "events": events,
            "engine": " ".join(moved_by),
            "plait": measure([sys.executable, "-c", _FUSE, config, *moved_by], events),
        }
        if given.against_pyspark:
            program = str(Path(__file__).with_name("fuse_pyspark.py"))
            figures["pyspark"] = measure([sys.executable, program, config, given.master], events)
            ours, theirs = (figures[name]["rows_per_second"] for name in ("plait", "pyspark"))
            figures["times_pyspark"] = round(ours / theirs, 2)
        if given.against_script:
            script = str(Path(__file__).with_name("fuse_script.py"))
            figures["script"] = measure([sys.executable, script, config], events)
            ours, theirs = (figures[name]["rows_per_second"] for name in ("plait", "script"))
            figures["share_of_script"] = round(ours / theirs, 2)
            figures |= compare_sequences(folder)
        print(json.dumps(figures), flush=True)
        if given.folder is None:
            shutil.rmtree(folder.parent)


if __name__ == "__main__":
    main()
