"""Reports the columns and paths of a mapping that a file does not have."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence

from plait.config.yaml_text import write_column, write_inline, write_scalar
from plait.errors import UnknownColumn
from plait.sources.files.source_file import SourceFile

# An e-mail address, a number or a time.
_LOOKS_LIKE_A_VALUE = re.compile(r"@|^[+-]?\d[\d.,:TZ+ -]*$")
_MAX_LISTED = 40
_LISTS = ("columns.categories", "columns.tags", "columns.vector")  # such paths may be lists
_CLOSE = 0.7  # how alike two names must be, 0 to 1, so that one is suggested for the other


def check_columns(
    file: SourceFile,
    missing: Mapping[str, str],
    present: Sequence[str],
    inside: Collection[str] = (),
) -> None:
    """Raises UnknownColumn for the first of `missing` (config key: column), if there is one.

    Args:
        file: the file, for messages.
        missing: what the file lacks.
        present: the columns and paths that it has.
        inside: the keys whose value is not the column, but a text or expression that names it.
    """
    for key, column in missing.items():
        _, platform, _ = file.setting.split(".", 2)
        setting = f"{file.setting}.{key}"
        headline = f"platform '{platform}' has no column '{column}' in '{file.name}'"
        if any(_LOOKS_LIKE_A_VALUE.search(name) for name in present):  # may be personal
            raise UnknownColumn(
                f"{headline}: its first line seems to have values, not column names (not shown, "
                "as they may be personal).",
                fix=f"Name the columns: {file.setting}.csv.header: [...]; or, if it is the header, "
                f"set {setting}: COLUMN",
            )
        listed = ", ".join(map(_show, present[:_MAX_LISTED]))
        listed += ", ..." if len(present) > _MAX_LISTED else ""
        close = _nearest_column(column, present)
        meant = f"Did you mean '{_show(close)}'?" if close else ""
        if key in inside:
            raise UnknownColumn(
                f"{headline} (columns: {listed}).",
                allowed=meant,
                fix=f"In {setting}, write {_show(close) if close else 'COLUMN'} in place of "
                f"{column}",
            )
        raise UnknownColumn(
            f"{headline} (columns: {listed}).",
            allowed=meant,
            fix=_inside_list(file, setting, close)
            if close and "[]." in close and key not in _LISTS
            else f"Set {setting}: {_write(close, key) if close else 'COLUMN'}"
            + (
                ""
                if close or key == "each"
                else f", or, if only some files have it: {_as_optional(setting, column)}"
            ),
        )


def _inside_list(file: SourceFile, setting: str, path: str) -> str:
    """Returns the fix for a path that leads into the elements of a list."""
    opened, _, rest = path.rpartition("[].")
    if file.format == "json":
        return f"Set {file.setting}.records: {opened}[]"
    return f"Set {file.setting}.each: {opened}[] and {setting}: each.{rest}"


def _as_optional(key: str, column: str) -> str:
    if key.endswith(".column"):
        return f"{key.removesuffix('.column')}.optional: true"
    return f"{key}: {write_inline({'column': column, 'optional': True})}"


def _write(column: str, key: str) -> str:
    """Returns the setting `key` of a column as YAML."""
    return write_scalar(column) if key.endswith((".column", "each")) else write_column(column)


def _show(column: str) -> str:
    """Returns the name of a column; what cannot be seen in it is escaped."""
    return column if column.isprintable() else write_scalar(column)


def _nearest_column(column: str, present: Sequence[str]) -> str | None:
    """Returns the column or path that is meant, if one is much like `column`."""
    last = [name for name in present if re.split(r"[.\]]+", name)[-1] == column]
    if last:
        return last[0]
    same = [name for name in present if _plain(name) == _plain(column)]
    if same:
        return same[0]
    close = difflib.get_close_matches(column, present, n=1, cutoff=_CLOSE)
    plural = [
        name
        for name in present
        if min(len(name), len(column)) > 2 and (name.startswith(column) or column.startswith(name))
    ]
    return close[0] if close else plural[0] if len(plural) == 1 else None


def _plain(name: str) -> str:
    """Returns the name without what is hard to see: upper case, quotes, and kinds of blanks."""
    return " ".join(name.casefold().replace('"', "").replace("'", "").split())
