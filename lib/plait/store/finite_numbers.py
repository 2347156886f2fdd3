"""Only finite numbers: in JSON, and in the tensors of a model."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np


def parse_finite(text: str | bytes) -> Any:
    """Returns the JSON in `text`.

    Raises:
        ValueError: it is none, or holds a NaN, an infinity, or a number that overflows to one.
    """
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_parse_float)


def find_nonfinite(file: str, data: bytes) -> str:
    """Returns which numbers of a model's `file` are not finite, or "" where all are.

    Safetensors and JSON are looked into. Whether they can be loaded is for the loader to say.
    """
    if file.endswith(".json"):
        try:
            parse_finite(data)
        except _NotFinite as error:
            return f"{error} in '{file}'"
        except (ValueError, RecursionError):
            return ""
    if file.endswith(".safetensors"):
        # Fusing needs no model: the image of Spark has no safetensors.
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
    """A number that is none."""


def _refuse_constant(text: str) -> float:
    msg = f"the number {text}"
    raise _NotFinite(msg)


def _parse_float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse_constant(text[:40])
