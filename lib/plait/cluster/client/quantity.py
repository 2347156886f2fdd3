"""Amounts as Kubernetes writes them: 500m, 2, 1.5Gi."""

from __future__ import annotations

import re

from plait.errors import BadSize

_UNIT_SCALE = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
}  # fmt: skip
_QUANTITY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d+))?([A-Za-z]{0,2})")


def parse_quantity(text: str | int | float, what: str = "amount") -> float:
    """Returns a quantity as a number: CPUs, bytes or pieces.

    Raises:
        BadSize: it is no quantity.
    """
    found = _QUANTITY.fullmatch(str(text).strip())
    if found is None or found[3] not in _UNIT_SCALE:
        raise BadSize(
            f"{what} is '{text}'.",
            allowed="A number, with a unit where it is memory: 500m or 2 CPUs, 512Mi or 4Gi.",
        )
    return float(f"{found[1]}e{found[2] or 0}") * _UNIT_SCALE[found[3]]


def memory(text: str, what: str = "--memory") -> int:
    """Returns bytes.

    Raises:
        BadSize: it is no amount of memory, or so little that a unit was left out.
    """
    size = parse_quantity(text, what)
    if size < 2**20:
        raise BadSize(
            f"{what} is '{text}', which is {size:g} bytes.",
            allowed="At least 1Mi.",
            fix=f"Add the unit: {what} 4Gi",
        )
    return round(size)


def format_memory(size: float) -> str:
    """Returns bytes as people write them: 1.5Gi, 512Mi."""
    for unit in ("Ti", "Gi", "Mi", "Ki"):
        if size >= _UNIT_SCALE[unit]:
            return (
                f"{size / _UNIT_SCALE[unit]:.3g}{unit}"
                if size < 1000 * _UNIT_SCALE[unit]
                else (f"{size / _UNIT_SCALE[unit]:.0f}{unit}")
            )
    return f"{size:g}"
