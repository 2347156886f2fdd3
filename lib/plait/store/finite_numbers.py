"""Finds NaN and infinite numbers in JSON and in the tensors of a model."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np


def parse_finite(text: str | bytes) -> Any:
    """Returns the value of the JSON `text`.

    Raises:
        ValueError: `text` is not JSON, or has a NaN, an infinity, or a number that overflows.
    """
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_parse_float)


def find_nonfinite(file: str, data: bytes) -> str:
    """Describes the numbers in a model's `file` that are not finite; "" if all are finite.

    Only safetensors and JSON files are checked. A file that cannot be parsed counts as finite,
    because its loader reports that error.
    """
    if file.endswith(".json"):
        try:
            parse_finite(data)
        except _NotFinite as error:
            return f"{error} in '{file}'"
        except (ValueError, RecursionError):
            return ""
    if file.endswith(".safetensors"):
        # Imported here, because the Spark image has no safetensors.
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            tensors = load(data)
        except (SafetensorError, ValueError, KeyError, TypeError, OverflowError):
            return ""
        for name, values in tensors.items():
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                wrong = int((~np.isfinite(values)).sum())
                return f"{wrong:,} of {values.size:,} numbers of '{name}' in '{file}'"
    return ""


class _NotFinite(ValueError):
    """A number is NaN or infinite."""


def _refuse_constant(text: str) -> float:
    msg = f"the number {text}"
    raise _NotFinite(msg)


def _parse_float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse_constant(text[:40])
