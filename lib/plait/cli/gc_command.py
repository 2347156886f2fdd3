"""`plait gc`: removes objects that no kept store version references."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console

if TYPE_CHECKING:
    from plait.store.garbage import Garbage

_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def gc(
    keep: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="How many of the newest store versions to keep. Unit: versions. Example: --keep 5",
        ),
    ],
    older_than: Annotated[
        str,
        typer.Option(
            metavar="AGE",
            help="Remove only objects older than this, as a run may be writing newer ones. Unit: "
            "s, m, h or d. Example: --older-than 2d",
        ),
    ] = "1h",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be removed, and remove nothing.")
    ] = False,
    erased: Annotated[
        bool,
        typer.Option(
            "--erased",
            help="Also remove every store version that still holds people who were erased, even "
            "if it would be kept or is in use.",
        ),
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Remove every object that none of the newest N store versions references.

    It also keeps the store versions that models in use were trained on, that unfinished runs
    read, or that were current until recently, the feedback log, and every published model.
    """
    from plait.config import load_config
    from plait.store import Store
    from plait.store.erasures.update_receipts import update_receipts
    from plait.store.feedback.compaction import compact
    from plait.store.garbage import find_garbage, remove_garbage
    from plait.store.require_writable import require_writable

    age = _parse_age(older_than)
    store = Store(load_config(config).store_uri)
    if not dry_run:
        require_writable(store)
        compact(store)
    found = find_garbage(store, keep, age, erased=erased)
    if not dry_run:
        remove_garbage(store, found)
        update_receipts(store)
    if as_json:
        typer.echo(json.dumps(_garbage_record(found, dry_run), indent=2))
        return
    _print_garbage(found, older_than, dry_run)


def _parse_age(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([smhd]?)", text.strip())
    if match is None:
        raise typer.BadParameter(
            f"'{text}' is not an age. Write a number and s, m, h or d: 30m, 1h, 2d.",
            param_hint="--older-than",
        )
    return timedelta(**{_UNITS[match.group(2)]: int(match.group(1))})


def _garbage_record(found: Garbage, dry_run: bool) -> dict[str, object]:
    return {
        "removed": not dry_run,
        "kept": found.kept,
        "because": {str(number): why for number, why in found.because.items()},
        "versions": found.versions,
        "objects": found.objects,
        "bytes": found.bytes,
        "waiting": found.waiting,
    }


def _print_garbage(found: Garbage, older_than: str, dry_run: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    console = output_console()
    if found.objects:
        title = "would go" if dry_run else "gone"
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
        table.add_column("what", no_wrap=True)
        table.add_column("objects", justify="right")
        table.add_column("bytes", justify="right")
        for kind in sorted(found.objects):
            table.add_row(kind, f"{len(found.objects[kind]):,}", f"{found.bytes[kind]:,}")
        count = sum(len(names) for names in found.objects.values())
        table.add_section()
        table.add_row("in all", f"{count:,}", f"{sum(found.bytes.values()):,}")
        console.print(table)
    else:
        typer.echo("There is nothing to remove.")
    kept = (f"{n} ({found.because[n]})" if n in found.because else str(n) for n in found.kept)
    typer.echo(f"Store versions kept: {', '.join(kept)}.")
    if found.waiting:
        typer.echo(
            f"{found.waiting:,} objects that no kept version references may belong to a run in "
            f"progress (--older-than {older_than}); they are kept for now."
        )
