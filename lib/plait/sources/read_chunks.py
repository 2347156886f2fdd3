"""Reads a file of any format in chunks, every value as its original text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import polars as pl

from plait.errors import EmptyInput, UnreadableFile
from plait.sources.csv_files import scan_csv
from plait.sources.find_files import SourceFile
from plait.sources.jsonl_files import decode_lines, scan_jsonl
from plait.sources.parquet_files import scan_parquet
from plait.sources.s3_files import ObjectChanged, check_unchanged, local_copy

# Rows per chunk: enough for fast vectorised work, and few enough for a small machine.
CHUNK_ROWS = 500_000
FAULT_COLUMN = "fault"  # column with the code of a fault of the whole row, else null
WHOLE_COLUMN = "whole"  # column: whether every value is certainly in its own column


def read_chunks(
    file: SourceFile, fields: Mapping[str, str], keys: Mapping[str, str], chunk: int = CHUNK_ROWS
) -> Iterator[pl.DataFrame]:
    """Yields frames: `row` (Int64, the first data row is 1), the fields as text, `fault`, `whole`.

    Args:
        file: the file to read.
        fields: name in the frame to column of the file.
        keys: config key (relative to the file's setting) to column, for error messages.
        chunk: the maximum number of rows per frame.

    Raises:
        UnknownColumn: a column is missing.
        EmptyInput: the file has no rows.
        UnreadableFile: the file is truncated, damaged, not in its format, or changed during the
            read.
    """
    with _translate_errors(file), _on_this_machine(file) as here:
        if file.format == "csv":
            frame = scan_csv(here, fields, keys)
        elif file.format == "jsonl":
            frame = scan_jsonl(here, keys)
        else:
            frame = scan_parquet(here, fields, keys)
        rows = 0
        for batch in frame.collect_batches(chunk_size=chunk, maintain_order=True):
            if file.format == "jsonl":
                batch = decode_lines(batch, fields)
            if batch.height:
                rows += batch.height
                yield batch.with_columns(pl.col("row").cast(pl.Int64))
        _check_unchanged(file)
        if not rows:
            raise EmptyInput(
                f"'{file.name}' has no rows.",
                fix=f"Fill it, or remove it from {file.setting}.files.",
            )


@contextmanager
def _on_this_machine(file: SourceFile) -> Iterator[SourceFile]:
    """Yields the file with a local path: its own, or that of a downloaded copy."""
    if file.remote is None:
        yield file
        return
    with ExitStack() as copies:
        try:
            path = copies.enter_context(local_copy(file.remote))
        except ObjectChanged:
            raise _changed(file) from None
        yield replace(file, path=path)


def _check_unchanged(file: SourceFile) -> None:
    """Raises UnreadableFile if the file was changed since it was found."""
    if file.remote is not None:
        try:
            check_unchanged(file.remote)
        except ObjectChanged:
            raise _changed(file) from None
        return
    about = file.path.stat()
    if (about.st_size, about.st_mtime) != (file.bytes, file.modified):
        raise _changed(file)


def _changed(file: SourceFile) -> UnreadableFile:
    return UnreadableFile(
        f"'{file.name}' changed while it was read.",
        fix="Run again when nothing writes to it. Rotate logs before they are fused.",
    )


@contextmanager
def _translate_errors(file: SourceFile) -> Iterator[None]:
    """Turns errors of Polars about a file into EmptyInput or UnreadableFile."""
    try:
        yield
    except pl.exceptions.NoDataError:
        raise EmptyInput(
            f"'{file.name}' is empty.", fix=f"Fill it, or remove it from {file.setting}.files."
        ) from None
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        cut = file.packed and "end of" in reason
        raise UnreadableFile(
            f"'{file.name}' "
            + (f"ends too early for a {file.packed} file" if cut else f"cannot be read ({reason})")
            + ".",
            allowed=f"It was read as {file.format}{' in ' + file.packed if file.packed else ''}.",
            fix="Copy or compress the file again."
            if cut
            else f"Correct the file, or set {file.setting}.format.",
        ) from None
