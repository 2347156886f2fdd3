from __future__ import annotations

import pytest

from plait.cluster.client.quantity import format_memory, memory, parse_quantity
from plait.errors import BadSize


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500m", 0.5),
        ("2", 2),
        (".5", 0.5),
        ("1e3", 1000),
        ("4Gi", 4 * 2**30),
        ("1.5G", 1.5e9),
        ("2Ei", 2**61),
    ],
)
def test_quantities_are_read_as_kubernetes_does(text: str, value: float) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    "text", ["", "two", "4Gib", "4 Gi", "-1", "1e", "0x10", "1_000", "NaN", "4K"]
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(BadSize):
        parse_quantity(text)


def test_memory_without_a_unit_is_asked_about() -> None:
    with pytest.raises(BadSize, match="Add the unit"):
        memory("4")


@pytest.mark.parametrize(
    ("size", "text"), [(2**30, "1Gi"), (1.5 * 2**30, "1.5Gi"), (2**29, "512Mi")]
)
def test_bytes_are_written_as_people_do(size: float, text: str) -> None:
    assert format_memory(size) == text
