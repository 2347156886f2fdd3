"""An item stays seen when its event no longer fits into the sequence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from plait.contracts.store_tables import SEQUENCES
from plait.features.sequences import SEQUENCE_COLUMNS, build_sequences

T0 = datetime(2024, 1, 1, tzinfo=UTC)
KINDS = {name: getattr(kind, "inner", kind) for name, kind in SEQUENCES.polars.items()}


def _events(person: str, items: str) -> list[dict[str, object]]:
    return [
        {
            "person": person, "event_id": f"{person}{n}", "platform": "a", "item": item,
            "type": "view", "time": T0 + timedelta(days=n), "order": None, "strength": 0.3,
        }
        for n, item in enumerate(items)
    ]  # fmt: skip


def test_what_no_longer_fits_is_seen_unless_it_still_stands_there() -> None:
    rows = [*_events("p", "cabbca"), *_events("q", "xy"), *_events("r", "zyxw")]
    frame = pl.DataFrame(rows, {"person": pl.String, **{n: KINDS[n] for n in SEQUENCE_COLUMNS}})
    found = build_sequences(frame.sample(fraction=1, shuffle=True, seed=1), 2, remember=True)
    assert found.select("item", "seen").rows() == [
        (["c", "a"], "b"), (["x", "y"], None), (["x", "w"], "y\nz"),
    ]  # fmt: skip
    assert build_sequences(frame, 6, remember=True)["seen"].to_list() == [None] * 3
