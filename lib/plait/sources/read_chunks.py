"""Reads a file of any format in chunks, every value as its original text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace

import polars as pl

from plait.errors import UnreadableFile
from plait.sources.columns.build_fields import FieldBuilder, no_fields
from plait.sources.columns.raw_columns import ALWAYS_PRESENT
from plait.sources.columns.source_mapping import SourceMapping
from plait.sources.files.s3_files import ObjectChanged, check_unchanged, local_copy
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.format_readers import FormatReader, open_reader

# Rows per chunk: enough for fast vectorised work, and few enough for a small machine.
CHUNK_ROWS = 500_000


def read_chunks(
    file: SourceFile,
    mapping: SourceMapping,
    chunk: int = CHUNK_ROWS,
    lacking: list[str] | None = None,
) -> Iterator[pl.DataFrame]:
    """Yields frames: `row` (Int64, the first data row is 1), `element`, the fields, and faults.

    A file without rows yields one frame without rows.

    Every field is text. `element` is the number of the row's element, or null if no list is
    opened. `fault` is the code of a fault of the whole row, or null; `whole` is whether every value
    is certainly in its own column; `line` is the text of a row with a fault, if it is known.

    Args:
        file: the file to read.
        mapping: the fields.
        chunk: the maximum number of rows per frame, before lists are opened.
        lacking: gets what the file lacks: optional paths, alternatives, and lists to open.

    Raises:
        UnknownColumn: a column is missing.
        UnreadableFile: the file is truncated, damaged, not in its format, or changed during the
            read.
    """
    with _translate_errors(file), _on_this_machine(file) as here:
        empty = True
        try:
            with _open(here, mapping) as reader:
                build = FieldBuilder.of(here, mapping, reader.columns())
                if lacking is not None:
                    lacking += _missing_paths(mapping, build)
                for batch in reader.read(build.paths, chunk):
                    if batch.height:
                        empty = False
                        yield build(batch)
        except pl.exceptions.NoDataError:  # not even a header
            pass
        _check_unchanged(file)
        if empty:
            yield no_fields(mapping)


def _missing_paths(mapping: SourceMapping, build: FieldBuilder) -> list[str]:
    """Returns what a file lacks: lists to open, and paths that are optional or alternatives."""
    present = {*build.places, *ALWAYS_PRESENT}
    lists = [one.name for one in build.lists if not one.place.column]
    return [*lists, *(path for path in _paths(mapping) if path not in present)]


def _open(file: SourceFile, mapping: SourceMapping) -> AbstractContextManager[FormatReader]:
    return open_reader(file, mapping.source, _paths(mapping), typed=mapping.marks_numbers)


def _paths(mapping: SourceMapping) -> list[str]:
    return list(dict.fromkeys(named.path for named in mapping.named_paths()))


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
    """Turns errors of Polars about a file into UnreadableFile."""
    try:
        yield
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
