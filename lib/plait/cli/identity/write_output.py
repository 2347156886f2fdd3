"""Writes a file that the user named."""

from __future__ import annotations

from pathlib import Path

import typer

from plait.errors import PlaitError


class CannotWrite(PlaitError):
    """A file that was named for output cannot be written."""


def write_text(path: Path, text: str) -> None:
    """Writes `text` to `path` and says so.

    Raises:
        CannotWrite: the file cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise cannot_write(path, error) from None
    typer.echo(f"Written: {path}", err=True)


def cannot_write(path: Path, error: OSError) -> CannotWrite:
    """Returns the error about `path`."""
    return CannotWrite(
        f"'{path}' cannot be written ({error.strerror or error}).",
        fix="Name a file in a folder that exists and that you may write.",
    )
