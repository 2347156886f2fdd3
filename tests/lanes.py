"""Which tests share a process when several run side by side (`-n 2 --dist loadgroup`).

Tests of one file do, since they share what its fixtures start. So do all that start Ray: Ray's
clusters, and the endpoints on them, do not meet. And so do those that need the one Spark session.
"""

from __future__ import annotations

from pathlib import Path

import pytest

# The longest go first: what is started last decides when the lane ends.
_FIRST = ("ray", "test_beauty_electronics.py", "spark")
_FAULTS = Path(__file__).parent / "faults"


@pytest.hookimpl(tryfirst=True)  # before items are chosen by their marks and named by their group
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what lies in faults/, groups, and puts the longest groups first."""
    for item in items:
        if item.path.is_relative_to(_FAULTS):
            item.add_marker(pytest.mark.faults)
        if item.get_closest_marker("xdist_group") is None:
            shares_spark = "spark" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("spark" if shares_spark else item.path.name))
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    mark = item.get_closest_marker("xdist_group")
    assert mark
    return _FIRST.index(mark.args[0]) if mark.args[0] in _FIRST else len(_FIRST)
