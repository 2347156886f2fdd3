"""However a nested log with lists and flags is divided and ordered, the tables are the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.parity.logs import tables
from tests.unit.fusion.small import fuse_in

ORDERS = st.fixed_dictionaries(
    {
        "user": st.sampled_from(["ann", "bob", "eve", ""]),
        "at": st.integers(1_700_000_000, 1_700_000_050),
        "bought": st.booleans(),
        "lines": st.lists(
            st.fixed_dictionaries(
                {
                    "sku": st.sampled_from(["i1", "i2", "i3", None]),
                    "paid": st.sampled_from([1, 2.5]),
                }
            ),
            max_size=3,
        ),
    }
)


def _events(files: str, how: dict[str, Any]) -> dict[str, Any]:
    return {
        "files": files,
        "each": "lines[]",
        "columns": {"account": "user", "item": "each.sku", "time": "at", "value": "each.paid"},
        "time": {"unit": "s"},
    } | how


@pytest.mark.slow
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(ORDERS, min_size=3, max_size=20), st.integers(1, 3), st.randoms(use_true_random=False)
)
@pytest.mark.parametrize(
    "how", [{"type": "purchase"}, {"type": {"flags": {"bought": "purchase", "seen": "view"}}}]
)
def test_division_and_order_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    how: dict[str, Any],
    orders: list[dict[str, Any]],
    files: int,
    shuffle: Any,
) -> None:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    sound = {"user": "ann", "at": 1_700_000_001, "lines": [{"sku": "i1", "paid": 1}]}
    orders = [order | {"seen": True} for order in [*orders, sound | {"bought": True}]]

    def fused(parts: list[list[dict[str, Any]]]) -> dict[str, pl.DataFrame]:
        folder: Path = tmp_path_factory.mktemp("log")
        for n, part in enumerate(parts):
            lines = "".join(json.dumps(order) + "\n" for order in part)
            (folder / f"log-{n}.jsonl").write_text(lines)
        found = fuse_in(folder, {"shop": {"events": _events("log-*.jsonl", how)}})
        return tables(found.store, found.version, places=False)

    expected = fused([orders])
    mixed = list(orders)
    shuffle.shuffle(mixed)
    parts = [part for n in range(files) if (part := mixed[n::files])]
    for name, table in fused(parts).items():
        assert table.equals(expected[name]), name
