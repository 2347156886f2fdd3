"""The files of Delta tables that platforms write: those of the latest version, as it stands."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from plait.config import is_remote
from plait.errors import MissingFile, UnreadableFile
from plait.sources.files.file_matches import FileMatch
from plait.store.s3_settings import delta_options
from plait.store.storage_errors import is_from_s3, to_store_error

# deltalake parses a path as a URL. With other characters it panics, uses another path, or does not
# find the deleted rows.
_PLAIN = re.compile(r"[A-Za-z0-9_./=~-]*")
_MISREAD = re.compile(r"[\[\]|<>%\\^`#?\x00-\x1f\x7f]")
_AS_TABLE = "register('t', DeltaTable('{0}')).execute('select * from t').read_all()"
_MOVE = "Copy it to an address of letters, digits and . _ - = only."


@dataclass(frozen=True)
class _ActiveFile:
    """A file of the latest version: its partition values and the rows deleted from it."""

    partitions: dict[str, object]
    deleted: tuple[int, ...]


def keep_active_files(matches: Sequence[FileMatch], setting: str) -> list[FileMatch]:
    """Returns `matches` without the files that the latest version of their Delta table has not.

    A table keeps the files of its earlier versions. Files in no table are returned as they are.

    Raises:
        MissingFile: a file that is named is not in the latest version, or one of the version is
            gone.
        UnreadableFile: the table cannot be read.
        StoreError: a table on S3 cannot be read.
    """
    kept = [match for match in matches if not match.table]
    for table in sorted({match.table for match in matches if match.table}):
        columns, active = _read_log(table, setting)
        found: set[str] = set()
        for match in matches:
            if match.table != table:
                continue
            at = (match.name if match.remote else str(match.path))[len(table) + 1 :]
            if at in active:
                found.add(at)
                kept.append(
                    replace(
                        match,
                        partitions=active[at].partitions,
                        deleted_rows=active[at].deleted,
                        table_columns=columns,
                    )
                )
            elif match.literal:
                raise MissingFile(
                    f"'{match.name}' is not in the latest version of its Delta table.",
                    allowed="Its rows were deleted or written again.",
                    fix=f"Set {setting}.files to the folder of the table: '{table}'.",
                )
        if not is_remote(table):
            _check_present(table, active.keys() - found, setting)
    return kept


def _read_log(table: str, setting: str) -> tuple[tuple[str, ...], dict[str, _ActiveFile]]:
    """Returns the columns of the table, and the files of its latest version by path in it."""
    with _readable_address(table) as address:
        try:
            delta = DeltaTable(address, storage_options=delta_options() if is_remote(table) else {})
            _check_mapping(delta, table, setting)
            added = pl.DataFrame(delta.get_add_actions(flatten=True))
            deleted = _read_deleted(delta)
            columns = tuple(field.name for field in delta.schema().fields)
        except (DeltaError, OSError) as error:
            if is_from_s3(error):
                raise to_store_error(error, table) from None
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise UnreadableFile(
                f"the Delta table '{table}' cannot be read ({reason[:200]}).",
                fix=f"Repair it, or set {setting}.files to a copy of its rows in Parquet."
                if _is_plain(table)
                else _MOVE,
            ) from None
    prefix = "partition."
    values = added.select(f"^{re.escape(prefix)}.*$").rows(named=True)
    values = values or [{} for _ in range(added.height)]
    active = {}
    for path, partitions in zip(added["path"].to_list(), values, strict=True):
        at = unquote(path)
        if is_remote(at) or at.startswith("/"):
            raise UnreadableFile(
                f"the Delta table '{table}' is a shallow clone: it names the file '{at}'.",
                fix=f"Set {setting}.files to a copy of its rows: {_copy_command(table)}",
            )
        named = {name.removeprefix(prefix): value for name, value in partitions.items()}
        active[at] = _ActiveFile(named, deleted.get(at, ()))
    return columns, active


def _check_mapping(delta: DeltaTable, table: str, setting: str) -> None:
    """Raises UnreadableFile if the columns have other names in the files than in the table."""
    mode = delta.metadata().configuration.get("delta.columnMapping.mode", "none")
    if mode != "none":
        raise UnreadableFile(
            f"the Delta table '{table}' maps its columns (delta.columnMapping.mode: {mode}), so "
            "its files have other columns.",
            fix=f"Set {setting}.files to a copy of its rows: {_copy_command(table)}",
        )


def _copy_command(table: str) -> str:
    name = Path(table).name
    return (
        'python -c "import polars; from deltalake import DeltaTable, QueryBuilder; '
        f"polars.DataFrame(QueryBuilder().{_AS_TABLE.format(table)})"
        f".write_parquet('{name}-copy.parquet')\""
    )


def _read_deleted(delta: DeltaTable) -> dict[str, tuple[int, ...]]:
    """Returns the deleted rows (the first is 1) of each file that has some, by path."""
    root = _path_of(delta.table_uri).rstrip("/") + "/"
    vectors = pl.DataFrame(delta.deletion_vectors().read_all())
    return {
        _path_of(path).removeprefix(root): tuple((np.flatnonzero(~kept.to_numpy()) + 1).tolist())
        for path, kept in zip(vectors["filepath"], vectors["selection_vector"], strict=True)
    }


def _path_of(uri: str) -> str:
    return unquote(uri.partition("://")[2] or uri)


def _is_plain(table: str) -> bool:
    return bool(_PLAIN.fullmatch(table.removeprefix("s3://")))


@contextmanager
def _readable_address(table: str) -> Iterator[str]:
    """Yields an address of `table` that deltalake can parse: its own, or a folder of links."""
    if is_remote(table) and _MISREAD.search(table):
        raise UnreadableFile(
            f"the Delta table '{table}' cannot be opened under this address.", fix=_MOVE
        )
    if is_remote(table) or _is_plain(table):
        yield table
        return
    with tempfile.TemporaryDirectory(prefix="plait-") as plain:
        for entry in Path(table).iterdir():
            (Path(plain) / entry.name).symlink_to(entry, target_is_directory=entry.is_dir())
        yield plain


def _check_present(table: str, paths: set[str], setting: str) -> None:
    """Raises MissingFile if one of `paths`, files of the latest version, is gone."""
    gone = sorted(path for path in paths if not (Path(table) / path).exists())
    if gone:
        raise MissingFile(
            f"the Delta table '{table}' lacks '{gone[0]}', a file of its latest version.",
            fix="Restore the file, or take it out of the table: "
            f"python -c \"from deltalake import DeltaTable; DeltaTable('{table}').repair()\"",
        )
