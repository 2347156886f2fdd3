"""Measures how fast a nested JSON log with lists is read and fused.

Each line is an order in the shape that Segment writes, with three products, so three events.

    python benchmarks/nested_log.py [--events 600000] [--cores 2] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BAR = 100_000  # events a second that must be read
PRODUCTS = 3  # of an order
EVENTS: dict[str, Any] = {
    "files": "orders.jsonl",
    "each": "properties.products[]",
    "columns": {
        "account": {"first": ["userId", "anonymousId"]},
        "item": "each.product_id",
        "time": "timestamp",
        "event_id": "messageId",
        "value": "each.price",
        "currency": "properties.currency",
    },
    "type": "purchase",
}


def write_log(folder: Path, events: int) -> int:
    """Writes the log; returns its bytes."""
    start = 1_700_000_000
    with (folder / "orders.jsonl").open("w") as log:
        for n in range(events // PRODUCTS):
            products = [
                {
                    "product_id": f"p{(n * 7 + k * 13) % 20_000}", "sku": f"G-{k}",
                    "name": f"Product number {k}", "price": 9.5 + k, "quantity": 1,
                    "category": "Games", "url": "https://www.example.com/product/path",
                }
                for k in range(PRODUCTS)
            ]  # fmt: skip
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(start + n))
            order = {
                "anonymousId": f"anon-{n % 9_000}",
                "context": {"ip": "192.0.2.7", "library": {"name": "js", "version": "2.1.9"},
                            "page": {"path": "/checkout", "title": "Order", "url": "https://x"},
                            "userAgent": "Mozilla/5.0 (X11; Linux x86_64)"},
                "event": "Order Completed", "messageId": f"m-{n}", "timestamp": stamp,
                "properties": {"order_id": f"o{n}", "total": 31.5, "currency": "EUR",
                               "products": products},
                "type": "track", "userId": f"u{n % 30_000}" if n % 4 else None,
            }  # fmt: skip
            log.write(json.dumps(order) + "\n")
    return (folder / "orders.jsonl").stat().st_size


def measure(folder: Path, runs: int) -> dict[str, float]:
    """Returns the seconds of the fastest of `runs` reads, and of one fuse."""
    from plait.config.parse_project import parse_config
    from plait.fusion.fuse_logs import fuse
    from plait.progress import silence
    from plait.sources.files.find_files import find_files
    from plait.sources.read_platform import read_events

    silence()
    raw = {"store": "store", "platforms": {"shop": {"kind": "shop", "events": EVENTS}}}
    project = parse_config(raw, folder=folder)
    log = project.platforms["shop"].events[0]
    (file,) = find_files(project, log.files, log.format, "platforms.shop.events")
    seconds = []
    rows = 0
    for _ in range(runs):
        start = time.perf_counter()
        rows = sum(batch.height for batch in read_events(file, log))
        seconds.append(time.perf_counter() - start)
    start = time.perf_counter()
    version = fuse(project, full=True)
    fused = time.perf_counter() - start
    if version.counts["events"] != rows:
        sys.exit(f"{rows:,} rows gave {version.counts['events']:,} events")
    return {"events": rows, "read_s": min(seconds), "fuse_s": fused}


def main() -> None:
    """Writes a log, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=600_000, help="events in the log")
    parser.add_argument("--cores", type=int, default=2, help="cores to use")
    parser.add_argument("--runs", type=int, default=3, help="reads, of which the fastest counts")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    os.environ["POLARS_MAX_THREADS"] = str(options.cores)
    os.environ.setdefault("PLAIT_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    with tempfile.TemporaryDirectory() as folder:
        size = write_log(Path(folder), options.events)
        found = measure(Path(folder), options.runs)
    read, fused = found["events"] / found["read_s"], found["events"] / found["fuse_s"]
    record = {
        "events": int(found["events"]), "bytes": size, "cores": options.cores,
        "read_events_per_s": round(read), "fuse_events_per_s": round(fused), "bar": BAR,
    }  # fmt: skip
    if options.json:
        print(json.dumps(record))
    else:
        print(f"{size / 2**20:,.0f} MiB, {found['events']:,} events, {options.cores} cores")
        print(f"read: {read:,.0f} events/s (bar {BAR:,}); fuse: {fused:,.0f} events/s")
    if read < BAR:
        sys.exit(1)


if __name__ == "__main__":
    main()
