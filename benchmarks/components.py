"""Connected components of accounts and edges that do not have to fit in memory.

    python benchmarks/components.py --accounts 10000000 --against-memory

The accounts are pseudonyms. `--graph people` has people of 2 to 12 accounts, joined by a tree and
more edges, one path of 100,000 accounts and one star of as many, in random order; `--graph random`
has edges between any two accounts, so that most accounts are one component. Another process writes
the edges to Parquet files. Then the measured process, a child of its own, reads them, connects
them, and counts accounts and components; no table of all of them is made. Peak memory is what the
kernel reports of that child (ru_maxrss); with Spark it is the largest sum of resident memory of the
driver, the JVM and the workers, looked at twice a second, with shared pages counted for each.
`--against-memory` connects the same edges with SciPy, all in memory, and compares all components.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from plait.engine.engine import Frames
from plait.engine.local.local_engine import LocalEngine
from plait.engine.open_engine import EngineName, open_engine
from plait.identity.components.find_components import connect
from plait.identity.components.in_memory import components_in_memory
from plait.privacy.pseudonym import account_pseudonym
from plait.privacy.pseudonym_key import PseudonymKey

PART = 500_000  # edges of a file
LARGE = 100_000  # accounts of the path, and of the star
EDGES_PER_ACCOUNT = 1.2


def generate(folder: Path, accounts: int, graph: str, seed: int = 7) -> None:
    """Writes the edges a, b of `accounts` accounts into files of `folder`."""
    random = np.random.default_rng(seed)
    edges = round(accounts * EDGES_PER_ACCOUNT)
    if graph == "random":
        a, b = random.integers(0, accounts, (2, edges))
    else:
        large = min(LARGE, accounts // 10)
        path, star = np.arange(large), np.arange(large, 2 * large)
        sizes = 2 + np.minimum(random.geometric(0.5, accounts // 2), 11) - 1
        last = np.cumsum(sizes) + 2 * large
        first = last - sizes
        held = last <= accounts
        first, sizes = first[held], sizes[held]
        # Every account is joined to one before it, so a person is one component; then some more.
        starts, of = np.repeat(first, sizes), np.repeat(sizes, sizes)
        own = np.arange(len(starts)) + 2 * large
        later = own > starts
        before = starts[later] + random.integers(0, own[later] - starts[later])
        more = random.integers(0, len(starts), max(edges - len(before) - 2 * large + 2, 0))
        other = starts[more] + random.integers(0, of[more])
        a = np.concatenate([path[:-1], np.full(large - 1, star[0]), own[later], own[more]])
        b = np.concatenate([path[1:], star[1:], before, other])
    mixed = random.permutation(len(a))
    raw = pl.Series("raw", np.arange(accounts)).cast(pl.String)
    names = account_pseudonym(raw, PseudonymKey("components" * 4), "shop")
    for part, start in enumerate(range(0, len(a), PART)):
        here = mixed[start : start + PART]
        ends = pl.DataFrame({"a": names.gather(a[here]), "b": names.gather(b[here])})
        ends.write_parquet(folder / f"{part:05d}.parquet")


def read(path: Path) -> Iterator[pl.DataFrame]:
    """Yields the edges of a file."""
    yield pl.read_parquet(path)


def count(bucket: int, rows: pl.DataFrame, _: pl.DataFrame) -> Frames:
    """Returns the number of nodes and components, and a sum that tells whether all are the same."""
    both = pl.concat_str("node", "component").nchash.xxh3_64()  # type: ignore[attr-defined]
    named = pl.col("node") == pl.col("component")
    return {
        "n": rows.select(
            accounts=pl.len().cast(pl.Int64),
            components=named.sum().cast(pl.Int64),
            check=(both % 2**31).sum().cast(pl.Int64),
        )
    }


def work(folder: Path, edges: int, engine: str, master: str | None) -> dict[str, Any]:
    """Connects the edges in `folder`; returns the counts, seconds and peak memory."""
    files = sorted(folder.glob("*.parquet"))
    found: dict[str, Any] = {}
    if engine == "memory":
        start = time.perf_counter()
        out = count(0, components_in_memory(pl.read_parquet(files)), pl.DataFrame())["n"]
        seconds = time.perf_counter() - start
    else:
        with open_engine(EngineName(engine), master) as opened:
            start = time.perf_counter()
            here = opened or LocalEngine()
            with connect(here, files, read, edges) as graph:
                out = here.map_buckets(
                    graph.spill, count, tables={}, merges={"n": lambda frame: frame.sum()}
                )["n"]
                found = {"rounds": graph.rounds, "buckets": graph.spill.buckets}
            seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    return found | out.row(0, named=True) | {
        "seconds": round(seconds, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_gib": round(used.ru_maxrss * 1024 / 2**30, 2),
    }  # fmt: skip


def measure(given: argparse.Namespace, folder: Path, engine: str) -> dict[str, Any]:
    """Runs `work` in a child; returns its figures."""
    command = [
        sys.executable, __file__, "--accounts", str(given.accounts), "--graph", given.graph,
        "--engine", engine, "--master", given.master, "--work", str(folder),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        peak = 0
        while engine == "spark" and child.poll() is None:
            peak = max(peak, _resident_bytes(child.pid))
            time.sleep(0.5)
        out = child.communicate()[0]
    if child.returncode:
        sys.exit(child.returncode)
    figures: dict[str, Any] = json.loads(out.splitlines()[-1])
    if engine == "spark":
        figures["peak_gib"] = round(peak / 2**30, 2)
        del figures["processor_seconds"]  # those of the driver say nothing
    return {"engine": engine, **figures}


def _resident_bytes(pid: int) -> int:
    """Returns the resident memory of a process and all that it started."""
    import psutil

    total = 0
    try:
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.NoSuchProcess:  # it ended just now
        pass
    return total


def main() -> None:
    """Generates and measures; prints a line, or one JSON object, for each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--graph", choices=["people", "random"], default="people")
    parser.add_argument("--engine", choices=["local", "spark", "memory"], default="local")
    parser.add_argument("--master", default="local[2]", help="where Spark runs")
    parser.add_argument("--folder", type=Path, help="keep the edges here")
    parser.add_argument("--against-memory", action="store_true", help="compare with SciPy")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--generate", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    edges = round(given.accounts * EDGES_PER_ACCOUNT)
    if given.generate:
        generate(given.generate, given.accounts, given.graph)
        return
    if given.work:
        master = given.master if given.engine == "spark" else None
        print(json.dumps(work(given.work, edges, given.engine, master)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.glob("*.parquet")):
            made = [
                sys.executable, __file__, "--accounts", str(given.accounts),
                "--graph", given.graph, "--generate", str(folder),
            ]  # fmt: skip
            subprocess.run(made, check=True)
        figures = [measure(given, folder, given.engine)]
        if given.against_memory:
            figures.append(measure(given, folder, "memory"))
    for each in figures:
        line = {"graph": given.graph, "edges": edges, **each}
        print(json.dumps(line) if given.json else "  ".join(f"{k}={v}" for k, v in line.items()))
    if len({(each["components"], each["check"]) for each in figures}) > 1:
        sys.exit("the components differ")


if __name__ == "__main__":
    main()
