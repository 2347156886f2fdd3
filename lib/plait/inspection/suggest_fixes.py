"""Suggests the setting that corrects a row, from the value that was set aside.

Each suggestion is a setting that reads such values. Where none is known, the fix is that of the
reason (config/reason_fixes.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from plait.config.catalogue_settings import CatalogueSettings
from plait.config.event_settings import Events
from plait.config.platform_settings import Accounts
from plait.config.reason_fixes import fix_setting
from plait.config.yaml_text import write_column, write_inline, write_scalar
from plait.contracts.currency_codes import CURRENCY_SIGNS
from plait.contracts.event_types import EVENT_TYPES
from plait.inspection.columns.time_formats import recognise_times
from plait.inspection.faulty_value import FaultyValue

_TIMES = ("bad_time", "future_time", "ancient_time")
_NUMBERS = ("bad_number", "bad_price", "bad_length")
_COMMA = r"[^\d,]*\d[\d.'’\s]*,\d+[^\d,]*"
_SHEET_DAYS = (32_874, 73_050)  # days since 1899-12-30: 1990 to 2100
_MAX_PATHS = 3
_MAX_WORDS = 5


def suggest_fix(fault: FaultyValue) -> str:
    """Returns the fix of a value."""
    found = None
    if fault.source is not None:
        if fault.reason in _TIMES:
            found = _fix_time(fault)
        elif fault.reason in _NUMBERS:
            found = _fix_number(fault)
        elif fault.reason == "nested_value":
            found = _fix_nested(fault)
        elif fault.reason == "bad_currency":
            found = _fix_currency(fault)
        elif fault.reason == "unknown_type":
            found = _fix_type(fault)
        elif fault.reason == "long_dwell" and fault.column is not None:
            verbs = write_inline({"column": fault.column, "times": 0.001})
            found = f"If it is in milliseconds, set {fault.key}: {verbs}"
    return found or fix_setting(fault.reason, fault.setting, fault.source)


def _fix_time(fault: FaultyValue) -> str | None:
    source, unit = fault.source, f"{fault.setting}.time.unit"
    if not fault.values or not isinstance(source, Events | CatalogueSettings):
        return None
    found = recognise_times(pl.Series(fault.values), named=True)
    if found is not None and found.unit != source.time.unit:
        other = f", or {write_scalar(found.other)}" if found.other else ""
        last = " if that is right for all rows" if len(fault.values) < 2 and other else ""
        return f"Set {unit}: {write_scalar(found.unit)}{other}{last}"
    if fault.column is None:
        return None
    if all(re.fullmatch(r"/Date\(-?\d+([+-]\d{4})?\)/", value) for value in fault.values):
        verbs = write_inline({"column": fault.column, "match": r"(-?\d+)"})
        return f"Set {fault.key}: {verbs} and {unit}: ms"
    numbers = [float(v) for v in fault.values if re.fullmatch(r"\d+(\.\d+)?", v)]
    low, high = _SHEET_DAYS
    if len(numbers) == len(fault.values) and all(low <= n < high for n in numbers):
        days = f'= (TRY_CAST("{fault.column}" AS DOUBLE) - 25569) * 86400'
        verbs = write_scalar(days)
        return f"If these are days of a spreadsheet, set {fault.key}: {verbs} and {unit}: s"
    return None


def _fix_number(fault: FaultyValue) -> str | None:
    if not fault.values or fault.source is None:
        return None
    value = fault.values[0].strip()
    if fault.source.decimal == "." and re.fullmatch(_COMMA, value):
        return f"Set {fault.setting}.decimal: ','"
    if fault.column is None:
        return None
    if re.fullmatch(r"\d+(:\d\d){1,2}", value):
        return f"Set {fault.key}: {write_scalar(_clock_seconds(fault.column, value))}"
    verbs = write_inline({"column": fault.column} | _read_number(fault.values))
    return f"Correct these rows in the log, or set {fault.key}: {verbs}"


def _read_number(values: Sequence[str]) -> dict[str, Any]:
    """Returns the verb that takes the number out of such values, or makes them null.

    All other values stay as they are.
    """
    value = values[0].strip()
    if re.fullmatch(r"[-−][\d.,]+", value):
        return {"match": "^[^-−].*"}
    parts = re.fullmatch(r"(\D*)[\d][\d.,'’]*(\D.*)?", value)
    if parts is None:
        return {"map": dict.fromkeys(map(str.strip, values[:_MAX_WORDS]))}
    before, after = (pl.escape_regex(part or "") for part in parts.groups())
    return {"match": f"^(?:{before})?(.*?)(?:{after})?$"}


def _clock_seconds(column: str, value: str) -> str:
    """Returns an expression for the seconds of times such as 1:30 or 1:02:03."""
    parts = value.count(":") + 1
    terms = [
        f"TRY_CAST(split_part(\"{column}\", ':', {n}) AS DOUBLE) * {60 ** (parts - n)}"
        for n in range(1, parts + 1)
    ]
    return "= " + " + ".join(terms)


def _fix_nested(fault: FaultyValue) -> str | None:
    column = fault.column
    if column is None:
        return None
    if not fault.values:  # it may be personal
        path = write_column(f"{column}.NAME")
        return f"Set {fault.key}: {path}, with the name of a value inside it."
    try:
        inside = json.loads(fault.values[0])
    except (ValueError, RecursionError):
        return None
    opens = isinstance(inside, list) and not isinstance(fault.source, Accounts)
    if opens and fault.source is not None and fault.source.each is None:
        first = next((each for each in inside if each is not None), "")
        paths = _scalar_paths(first, "each")
        if paths:
            return (
                f"Set {fault.setting}.each: {write_scalar(f'{column}[]')} and {fault.key}: "
                f"{write_scalar(paths[0])}"
            )
    paths = _scalar_paths(inside, column)
    if not paths:
        return None
    others = f" (or {', '.join(paths[1:_MAX_PATHS])})" if paths[1:] else ""
    verbs = write_inline({"first": [paths[0], column]})
    return f"Set {fault.key}: {verbs}{others}"


def _scalar_paths(value: Any, path: str) -> list[str]:
    """Returns the paths of the texts and numbers in a JSON value that is at `path`."""
    if isinstance(value, dict):
        named = [
            (name, f".{name}" if re.fullmatch(r"[^.\[\]'\"]+", name) else f"['{name}']")
            for name in value
        ]
        return [p for name, step in named for p in _scalar_paths(value[name], path + step)]
    if isinstance(value, list):
        return [p for n, each in enumerate(value[:1]) for p in _scalar_paths(each, f"{path}[{n}]")]
    return [] if value is None else [path]


def _fix_currency(fault: FaultyValue) -> str | None:
    if not fault.values or fault.column is None:
        return None
    word = fault.values[0].strip()
    code = CURRENCY_SIGNS.get(word)
    verbs = write_inline({"column": fault.column, "map": {word: code or "EUR"}})
    return f"Set {fault.key}: {verbs}" + ("" if code else ", with its ISO 4217 code.")


def _fix_type(fault: FaultyValue) -> str | None:
    if not fault.values or not isinstance(fault.source, Events):
        return None
    word, type_ = fault.values[0].strip(), fault.source.type
    known = {name.casefold() for name in (*EVENT_TYPES, *type_.map)}
    if not type_.ignore_case and word.casefold() in known:
        return f"Set {fault.setting}.type.ignore_case: true"
    return (
        f"Add {write_scalar(word)} to {fault.setting}.type.map, with its event type, or with null "
        "if such rows are not wanted."
    )
