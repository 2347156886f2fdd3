"""`plait init`: looks at the files of a folder and writes a project file that reads them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, JsonOption, output_console
from plait.errors import ConfigError, PlaitError
from plait.say_count import say_count

if TYPE_CHECKING:
    from plait.inspection.inspect_folder import Inspection

_SURE, _LIKELY = 0.8, 0.5  # from which on a guess is called so


def init(
    folder: Annotated[
        Path,
        typer.Option(
            "--from",
            metavar="DIR",
            help="The folder of the logs; each sub-folder is a platform. Example: --from logs",
        ),
    ] = Path(),
    target: Annotated[
        Path,
        typer.Option(
            "--to", metavar="FILE", help="The project file to write. Example: --to shop.yaml"
        ),
    ] = DEFAULT_CONFIG,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the project file if there is one.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at log files and write a commented project file, with questions where it is unsure.

    Nothing else is written, and no file is changed.
    """
    from plait.inspection.inspect_folder import inspect_folder

    if target.exists() and not force:
        raise ConfigError(
            f"'{target}' exists, and may hold your answers.",
            fix="Name another file with --to FILE, or replace it with --force.",
        )
    if not target.parent.is_dir():
        raise ConfigError(
            f"there is no folder '{target.parent}'.", fix="Create it, or set --to FILE."
        )
    found = inspect_folder(folder, target.parent)
    _write(target, found.text)
    if as_json:
        record = {
            "file": str(target),
            "platforms": found.platforms,
            "tables": [asdict(one) for one in found.taken],
            "passed_over": found.passed,
        }
        typer.echo(json.dumps(record, indent=2))
        return
    _print(found, target)


def _write(target: Path, text: str) -> None:
    """Writes the project file and loads it, so that what is written can be used."""
    from plait.config import load_config

    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot write '{target}' ({error.strerror}).", fix="Set --to FILE."
        ) from None
    try:
        load_config(target)
    except PlaitError as error:
        raise ConfigError(
            f"'{target}' was written, but it cannot be used as it is. {error}",
            fix="Correct it, and report the shape of this log.",
        ) from None


def _print(found: Inspection, target: Path) -> None:
    from rich.table import Table

    console = output_console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("files", "taken for", "platform", "sure", "open"):
        table.add_column(name, overflow="fold", justify="right" if name == "open" else "left")
    for one in found.taken:
        files = one.files[0] + (f" and {len(one.files) - 1} more" if len(one.files) > 1 else "")
        sure = "yes" if one.sure >= _SURE else "likely" if one.sure >= _LIKELY else "unsure"
        asked = str(len(one.questions) or "")
        table.add_row(files, one.kind, one.platform, sure if one.platform else "", asked)
    console.print(table)
    for name, why in list(found.passed.items())[:8]:
        console.print(f"passed over: {name} ({why})", markup=False)
    for one in found.taken:
        if one.fix:
            console.print(f"to use {one.files[0]}: {one.fix}", markup=False)
    total = sum(len(one.questions) for one in found.taken)
    asks = (
        f" It has {say_count(total, 'question')}: the comments with a question mark."
        if total
        else ""
    )
    console.print(f"\n{target} is written.{asks} Next: plait check -c {target}", markup=False)
