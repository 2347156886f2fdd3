"""Checks a column mapping against what a file really holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from plait.errors import UnknownColumn, nearest
from plait.sources.find_files import SourceFile

_LOOKS_LIKE_A_VALUE = re.compile(r"@|^[+-]?\d[\d.,:TZ+ -]*$")  # an address, a number or a time


def check_columns(file: SourceFile, wanted: Mapping[str, str], present: Collection[str]) -> None:
    """Raises UnknownColumn if `wanted` (config key: column) names a column not `present`."""
    for key, column in wanted.items():
        if column in present:
            continue
        _, platform, _ = file.setting.split(".", 2)
        if any(_LOOKS_LIKE_A_VALUE.search(name) for name in present):  # may be personal: not shown
            raise UnknownColumn(
                f"platform '{platform}' has no column '{column}' in '{file.name}': its first line "
                "seems to hold values, not the names of columns (not shown: they may be personal).",
                fix="Put a line with the names of the columns before it; if it is one, set "
                f"{file.setting}.{key}: COLUMN",
            )
        hint = nearest(column, present)
        guess = hint.split("'")[1] if hint.startswith("Did you mean") else "COLUMN"
        raise UnknownColumn(
            f"platform '{platform}' has no column '{column}' in '{file.name}' "
            f"(columns: {', '.join(present)}).",
            allowed="" if hint.startswith("Known") else hint,
            fix=f"Set {file.setting}.{key}: {guess}",
        )
