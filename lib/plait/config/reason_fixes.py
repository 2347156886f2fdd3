"""The fix of a reason in one project file: it names no setting that has its value already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.config.source_settings import SourceSettings
from plait.config.value_settings import ValueVerbs
from plait.contracts.quarantine_reasons import reason_fix

LEAVE_ROWS = "Correct these rows in the log, or leave them: fuse sets them aside."
_FINER = {"s": "ms (or us)", "ms": "us (or ns)", "us": "ns"}


def fix_setting(reason: str, where: str, section: SourceSettings | None) -> str:
    """Returns the fix of `reason` in one section of the project file, `where`, such as a log."""
    _, name, source, *_ = where.split(".")
    told = _TELL.get(reason)
    fix = told(where, section) if told is not None and section is not None else ""
    return fix or reason_fix(reason, name, source).replace(f"platforms.{name}.{source}", where)


def _of_decimal(where: str, section: SourceSettings) -> str:
    if section.decimal != ",":
        return ""
    return f"{LEAVE_ROWS} {where}.decimal is ',' already."


def _of_price(where: str, section: SourceSettings) -> str:
    if section.decimal != ",":
        return ""
    return f"Correct the prices, or {where}.columns.price; {where}.decimal is ',' already."


def _of_outlier(where: str, section: SourceSettings) -> str:
    if section.decimal != ",":
        return ""
    return f"If it is wrong, correct the row or {where}.columns.currency."


def _of_time(where: str, section: Any) -> str:
    return (
        f"Set {where}.time.unit to iso, s, ms, us, ns or a pattern such as '%d.%m.%Y %H:%M'; it is "
        f"'{section.time.unit}' now."
    )


def _of_future(where: str, section: Any) -> str:
    unit = section.time.unit
    if unit in _FINER:
        return f"Set {where}.time.unit: {_FINER[unit]} if times have that resolution."
    return f"{where}.time.unit is '{unit}'. Correct the clock that wrote these times, or the rows."


def _of_ancient(where: str, section: Any) -> str:
    return f"Set {where}.time.unit to the unit of the log; it is '{section.time.unit}' now."


def _of_dwell(where: str, section: Any) -> str:
    dwell: ValueVerbs | None = section.columns.dwell
    if dwell is None or "times" not in dwell.model_fields_set:
        return ""
    return f"{where}.columns.dwell has times: {dwell.times:g} already. Correct it, or these rows."


def _of_encoding(where: str, section: SourceSettings) -> str:
    if "encoding" not in section.csv.model_fields_set:
        return ""
    return f"Set {where}.csv.encoding to that of the file; it is {section.csv.encoding} now."


def _of_vector(where: str, section: Any) -> str:
    if "separator" not in section.model_fields_set:
        return ""
    return f"{where}.separator is '{section.separator}'. Correct it, or these rows."


def _of_empty(field: str) -> Callable[[str, Any], str]:
    def tell(where: str, section: Any) -> str:
        if section.nulls != []:  # else words such as NA are ids already
            return ""
        name = field if hasattr(section, field) else f"columns.{field}"  # accounts have one column
        return f"Set {where}.{name} to the column with ids. {LEAVE_ROWS}"

    return tell


_TELL: dict[str, Callable[[str, Any], str]] = {
    "bad_number": _of_decimal, "bad_price": _of_price, "outlier_price": _of_outlier,
    "bad_time": _of_time, "future_time": _of_future, "ancient_time": _of_ancient,
    "long_dwell": _of_dwell, "bad_encoding": _of_encoding, "bad_vector": _of_vector,
    "null_account": _of_empty("account"), "null_object": _of_empty("item"),
}  # fmt: skip
