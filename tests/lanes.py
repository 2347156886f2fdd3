"""Which tests share a process when several run side by side (`-n 4 --dist loadgroup`).

Tests of one file do, since they share what its fixtures start. So do those that need the one Spark
session, those that train on Ray, and those that serve: endpoints, whose HAProxies want the same
ports, do not meet. Starting Ray is much waiting, so its lanes run beside those that compute.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# The longest lanes and files go first: what is started last decides when the run ends.
LANES = {
    "training": (
        "tests/faults/test_train_killed.py",
        "tests/e2e/test_workers.py",
        "tests/e2e/test_train.py",
        "tests/e2e/test_board.py",
    ),
    "endpoint": (
        "tests/e2e/test_demo.py",
        "tests/faults/test_endpoint.py",
        "tests/e2e/test_s3.py",
        "tests/e2e/test_serve.py",
    ),
    "real": ("tests/e2e/test_beauty_electronics.py",),
    "spark": (
        "tests/parity/test_engines.py",
        "tests/parity/test_components.py",
        "tests/parity/test_incremental.py",
        "tests/parity/test_skew.py",
        "tests/unit/engine/spark/test_spark_engine.py",
        "tests/parity/test_link_records.py",
    ),
}
_LANE = {file: lane for lane, files in LANES.items() for file in files}
_ORDER = list(_LANE)
_FAULTS = Path(__file__).parent / "faults"


def lane_of(name: str) -> str:
    """Returns what the test with that id shares a process with."""
    file = name.split("::", 1)[0]
    return _LANE.get(file, file)


class Lanes(LoadScopeScheduling):
    """Gives a lane to one worker, whole."""

    def _split_scope(self, nodeid: str) -> str:
        return lane_of(nodeid)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes | None:
    """Returns the lanes where they are asked for; the fast tests need none."""
    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False
    return Lanes(config, log)


@pytest.hookimpl(tryfirst=True)  # before items are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what lies in faults/, and puts the longest lanes first."""
    for item in items:
        if item.path.is_relative_to(_FAULTS):
            item.add_marker(pytest.mark.faults)
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    file = item.nodeid.split("::", 1)[0]
    return _ORDER.index(file) if file in _LANE else len(_ORDER)
