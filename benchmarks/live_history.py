"""Live state's records into a model's arrays, beside the way by tables.

    python benchmarks/live_history.py --items 20000 --length 50 --seconds 1

People of the given numbers have `length` events each on items that are drawn at random. Both ways
start with what live state returns and end with the arrays that a model scores: one decodes the
packed records straight into them (live.live_history), the other makes SEQUENCES rows and encodes
those (tests/live_sequences.py), and both must make the same. They take turns, and CPU time counts,
so that a noisy machine is noisy for both. `plain` people have nothing but their record; `active`
ones have five events since. The last line is for programs: how many times as long the way by tables
takes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from plait.contracts.event_rows import FEEDBACK_EVENTS
from plait.contracts.table_schema import conform_rows
from plait.features.known_people import KnownPeople
from plait.features.sequences import build_sequences
from plait.features.vocabulary import Vocabulary
from plait.live.codec import pack_sequences
from plait.live.live_history import live_histories
from plait.live.live_state import PersonState
from plait.live.stream_entries import encode_events
from tests.live_sequences import live_sequences, people_of_sequences

PEOPLE = (1, 16, 256)
RECENT = 5  # events of an active person since the base
PLATFORMS = ("shop", "video")
T0 = datetime(2025, 1, 1, tzinfo=UTC)


def make_events(people: int, each: int, items: int, seed: int) -> pl.DataFrame:
    """Returns `each` events of each of `people`, the later ones of a later seed."""
    draws = np.random.default_rng(seed)
    number = np.arange(people * each)
    item = draws.integers(items, size=len(number))
    platform = np.array(PLATFORMS)[item % 2]
    return pl.DataFrame(
        {
            "person": [f"p_{n:032x}" for n in number // each],
            "event_id": [f"{p}:{seed}{n:031x}" for p, n in zip(platform, number, strict=True)],
            "platform": platform,
            "item": [f"{p}:item-{i:08}" for p, i in zip(platform, item, strict=True)],
            "type": draws.choice(["view", "like", "purchase"], len(number)),
            "time": [T0 + timedelta(days=seed, minutes=int(n % each)) for n in number],
            "order": pl.Series([None] * len(number), dtype=pl.Int64),
            "strength": draws.choice([0.3, 0.9, 1.0], len(number)),
        }
    )


def make_people(people: int, length: int, items: int, active: bool) -> list[PersonState]:
    """Returns what live state says of `people`."""
    base = build_sequences(make_events(people, length, items, 1), length)
    recent: list[tuple[str, ...]] = [()] * people
    if active:
        rows = make_events(people, RECENT, items, 2).rename({"item": "object_id"})
        rows = rows.with_columns(object_kind=pl.lit("item"), account=pl.lit("a"))
        texts = encode_events(conform_rows(rows, FEEDBACK_EVENTS))["member"].to_list()
        texts = [f"{text}\n17-0" for text in texts]
        recent = [tuple(texts[RECENT * n : RECENT * (n + 1)]) for n in range(people)]
    return [
        PersonState(person, base=(record,), recent=recent[n])
        for n, (person, record) in enumerate(pack_sequences(base))
    ]


def compare(ways: list[Callable[[], KnownPeople]], seconds: float) -> list[float]:
    """Returns the median CPU seconds of each way, of all its threads; they take turns."""
    one, two = (way() for way in ways)
    if not np.array_equal(one.history.item, two.history.item) or not len(one.history.item):
        raise SystemExit("not measured: the two ways do not make the same")
    took: list[list[float]] = [[] for _ in ways]
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(took[-1]) < 5:
        for way, times in zip(ways, took, strict=True):
            began = time.process_time()
            way()
            times.append(time.process_time() - began)
    return [float(np.median(times)) for times in took]


def measure(items: int, length: int, seconds: float) -> None:
    names = [f"{PLATFORMS[n % 2]}:item-{n:08}" for n in range(items)]
    vocabulary = Vocabulary.build(
        PLATFORMS, pl.DataFrame({"item": names, "platform": [n.split(":")[0] for n in names]})
    )
    print(f"{'people':<14}{'tables ms':>11}{'arrays ms':>11}{'times':>8}")
    ratios = []
    for kind in ("plain", "active"):
        for people in PEOPLE:
            known = make_people(people, length, items, kind == "active")
            tables, arrays = compare(
                [
                    lambda k=known: people_of_sequences(  # type: ignore[misc]
                        live_sequences(k, length), vocabulary
                    ),
                    lambda k=known: live_histories(k, vocabulary, length),  # type: ignore[misc]
                ],
                seconds,
            )
            ratio = tables / arrays
            print(f"{people:>4} {kind:<9}{1e3 * tables:>11.2f}{1e3 * arrays:>11.2f}{ratio:>8.1f}")
            ratios.append(f"{kind}_{people}={ratio:.2f}")
    print("ratio", *ratios, flush=True)


def main() -> None:
    parser: Any = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000, help="of the vocabulary")
    parser.add_argument("--length", type=int, default=50, help="events kept a person")
    parser.add_argument("--seconds", type=float, default=1, help="a line")
    options = parser.parse_args()
    measure(options.items, options.length, min(options.seconds, 60))


if __name__ == "__main__":
    main()
