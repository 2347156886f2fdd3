"""Values in paths are columns; hidden files are left out unless they are asked for."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.sources.files.hive_partitions import is_hidden, read_partitions


def parts(path: str) -> tuple[str, ...]:
    return PurePosixPath(path).parts


@pytest.mark.parametrize(
    ("path", "start", "values"),
    [
        ("logs/dt=2024-01-31/p=web/a.csv", 1, {"dt": "2024-01-31", "p": "web"}),
        ("logs/dt=2024-01-31/p=web/a.csv", 3, {"dt": "2024-01-31", "p": "web"}),
        ("logs/dt=2024-01-31/p=web/a.csv", 4, {"dt": "2024-01-31", "p": "web"}),
        ("v=1/logs/dt=2024-01-31/a.csv", 2, {"dt": "2024-01-31"}),
        ("logs/dt=a%2Fb%20c/x=1=2/a.csv", 1, {"dt": "a/b c", "x": "1=2"}),
        ("logs/dt=__HIVE_DEFAULT_PARTITION__/a.csv", 1, {"dt": None}),
        ("logs/dt=/a.csv", 1, {"dt": ""}),
        ("logs/=x/b=c.csv", 1, {}),
        ("b=c.csv", 0, {}),
    ],
)
def test_values_in_a_path(path: str, start: int, values: dict[str, str | None]) -> None:
    assert read_partitions(parts(path), start) == values


NAMES = st.text(min_size=1, max_size=8)


@given(st.dictionaries(NAMES, NAMES, max_size=4))
def test_what_hive_writes_is_read_back(values: dict[str, str]) -> None:
    folders = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in values.items()]
    assert read_partitions([*folders, "a.csv"], 0) == values


@pytest.mark.parametrize(
    ("path", "pattern", "hidden"),
    [
        ("_SUCCESS", "*", True),
        ("_committed_123", "*", True),
        ("_SUCCESS", "_SUCCESS", False),
        ("_SUCCESS", "_*", False),
        (".a.csv.crc", "*", True),
        ("a.csv.crc", "*", True),
        ("a.csv.crc", "*.crc", False),
        ("a.tmp", "a*", True),
        ("_temporary/0/a.csv", "**/*.csv", True),
        ("_temporary/0/a.csv", "_temporary/**/*.csv", False),
        ("_dt=1/a.csv", "**/*.csv", False),
        ("x/a_b.csv", "**", False),
        ("_x/a.csv", "", True),
    ],
)
def test_hidden_files(path: str, pattern: str, hidden: bool) -> None:
    assert is_hidden(parts(path), parts(pattern)) is hidden
