"""Kubernetes quantities: 500m, 2, 1.5Gi."""

from __future__ import annotations

import re

from plait.errors import BadSize

_QUANTITY = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?")


def parse_quantity(text: str | int | float, what: str = "amount") -> float:
    """Returns a quantity as a number: CPUs, bytes or a count.

    Raises:
        BadSize: `text` is not a quantity.
    """
    from kubernetes.utils.quantity import parse_quantity as parse  # takes seconds to import

    # The library also accepts what the API server refuses: -1, NaN, 1_000, '4 Gi' and 4K.
    if _QUANTITY.fullmatch(number := str(text).strip()) is None:
        raise BadSize(
            f"{what} is '{text}'.",
            allowed="A number, and a unit for memory: 500m or 2 CPUs, 512Mi or 4Gi.",
        )
    return float(parse(number))


def memory(text: str, what: str = "--memory") -> int:
    """Returns an amount of memory in bytes.

    Raises:
        BadSize: `text` is not an amount of memory, or is so small that the unit must be missing.
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
    """Returns bytes as text with a unit and three digits: 1.5Gi, 512Mi."""
    for unit, scale in (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if size >= scale:
            return (
                f"{size / scale:.3g}{unit}" if size < 1000 * scale else f"{size / scale:.0f}{unit}"
            )
    return f"{size:g}"
