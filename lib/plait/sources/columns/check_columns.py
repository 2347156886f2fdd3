"""Reports the columns and paths of a mapping that a file does not have."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence

from plait.config.yaml_text import write_column, write_inline, write_scalar
from plait.errors import UnknownColumn
from plait.sources.columns.source_mapping import full_setting
from plait.sources.files.source_file import SourceFile

# An e-mail address, a number or a time.
_LOOKS_LIKE_A_VALUE = re.compile(r"[^.\s]@|^[+-]?\d[\d.,:TZ+ -]*$")
_MAX_LISTED = 40
_LISTS = ("columns.categories", "columns.tags", "columns.vector")  # such paths may be lists
_FLAG = "type.flags."  # begins the key of a flag
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
        setting = full_setting(file.setting, key)
        headline = f"platform '{platform}' has no column '{column}' in '{file.name}'"
        values = [name for name in present if _LOOKS_LIKE_A_VALUE.search(name)]  # may be personal
        if values and file.format == "csv":
            raise UnknownColumn(
                f"{headline}: its first line seems to have values, not column names (not shown, "
                "as they may be personal).",
                fix=f"Name the columns: {file.setting}.csv.header: [...]; or, if it is the header, "
                f"set {setting}: COLUMN",
            )
        present = [name for name in present if name not in values]
        listed = ", ".join(map(_show, present[:_MAX_LISTED]))
        listed += ", ..." if len(present) > _MAX_LISTED else ""
        present = list_paths(present) if key == "each" else present
        close = nearest_column(column.removesuffix("[]"), present)
        meant = f"Did you mean '{_show(close)}'?" if close else ""
        if key in inside:
            raise UnknownColumn(
                f"{headline} (columns: {listed}).",
                allowed=meant,
                fix=_fix_inside(setting, column, close),
            )
        raise UnknownColumn(
            f"{headline} (columns: {listed}).",
            allowed=meant,
            fix=_fix(file, key, column, close),
        )


def _fix(file: SourceFile, key: str, column: str, close: str | None) -> str:
    """Returns the fix for a column that is missing; `close` is the one that is meant, if known."""
    setting = full_setting(file.setting, key)
    if close and "[]." in close and key not in _LISTS:
        return _inside_list(file, setting, close)
    if key.startswith(_FLAG):
        named = f"Name {_show(close)} in its place" if close else "Correct it"
        return (
            f"{named} in {file.setting}.type.flags, or, if only some files have it: "
            f"Set {file.setting}.type.optional: true"
        )
    if close:
        return f"Set {setting}: {_write(close, key)}"
    if key == "each":
        return f"Set {setting}: COLUMN"
    return f"Set {setting}: COLUMN, or, if only some files have it: {_as_optional(setting, column)}"


def _fix_inside(setting: str, column: str, close: str | None) -> str:
    """Returns the fix for a column that a text or an expression names."""
    if close and close.lstrip().removeprefix("=").strip() == column:  # it was no expression
        return f"Set {setting}: {write_column(close)}"
    instead = _show(close) if close else "COLUMN"
    if not setting.endswith(".text") and not re.fullmatch(r"\w+", instead):
        instead = f'"{instead}"'
    return f"In {setting}, write {instead} in place of {column}"


def _inside_list(file: SourceFile, setting: str, path: str) -> str:
    """Returns the fix for a path that leads into the elements of a list."""
    opened, _, rest = path.rpartition("[].")
    opened = f"{opened}[]" if write_scalar(opened) == opened else write_scalar(f"{opened}[]")
    if file.format == "json":
        return f"Set {file.setting}.records: {opened}"
    return f"Set {file.setting}.each: {opened} and {setting}: {write_scalar(f'each.{rest}')}"


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


def list_paths(paths: Sequence[str]) -> list[str]:
    """Returns the paths of the lists in which `paths` lead, without [] at the end, and `paths`.

    Those of lists come first.
    """
    lists = [path[: found.start()] for path in paths for found in re.finditer(r"\[\]", path)]
    return list(dict.fromkeys([*lists, *(path for path in paths if "[]" not in path)]))


def nearest_column(column: str, present: Sequence[str]) -> str | None:
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
