"""Every file that a lane names is there: a lane that lost one would let its tests meet others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lanes import LANES, lane_of


@pytest.mark.parametrize("file", [file for files in LANES.values() for file in files])
def test_the_files_of_a_lane_are_there(repository: Path, file: str) -> None:
    assert (repository / file).is_file()


def test_a_file_has_one_lane() -> None:
    assert lane_of("tests/parity/test_skew.py::test_x[a::b]") == "spark"
    assert lane_of("tests/unit/test_lanes.py::test_x") == "tests/unit/test_lanes.py"
