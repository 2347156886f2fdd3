"""Checks a column mapping against the columns of a file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from plait.errors import UnknownColumn, nearest
from plait.sources.find_files import SourceFile

_LOOKS_LIKE_A_VALUE = re.compile(
    r"@|^[+-]?\d[\d.,:TZ+ -]*$"
)  # an e-mail address, a number or a time


def check_columns(file: SourceFile, wanted: Mapping[str, str], present: Collection[str]) -> None:
    """Raises UnknownColumn if `wanted` (config key: column) names a column not `present`."""
    for key, column in wanted.items():
        if column in present:
            continue
        _, platform, _ = file.setting.split(".", 2)
        if any(
            _LOOKS_LIKE_A_VALUE.search(name) for name in present
        ):  # may be personal, so they are not shown
            raise UnknownColumn(
                f"platform '{platform}' has no column '{column}' in '{file.name}': its first line "
                "seems to have values, not column names (not shown, as they may be personal).",
                fix="Insert a line with the column names before it; or, if it is the header, set "
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
