"""`plait pseudonyms rotate`: adds a pseudonym key, and says what to do next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption

app = typer.Typer(no_args_is_help=True, help="Rotate the key of the pseudonyms.")


@app.callback()
def pseudonyms() -> None:
    """Rotate the key of the pseudonyms."""


@app.command()
def rotate(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write all keys, the fresh one last, to this new file of mode 0600, and change "
            "nothing else. Default: the key file gets one more line. Example: --to keys.new",
        ),
    ] = None,
) -> None:
    """Add a fresh key. The next fuse uses it; the ids of people stay. No key is ever printed."""
    from plait.config import load_config
    from plait.privacy.pseudonym_key import KEY_VARIABLE
    from plait.privacy.rotate_key import rotate_key

    done = rotate_key(load_config(config), to)
    if as_json:
        record = {"file": str(done.file), "before": done.before, "now": done.now}
        typer.echo(json.dumps(record))
        return
    typer.echo(
        f"'{done.file}' has a fresh key on its last line. Pseudonyms will begin with "
        f"a_{done.now}_ instead of a_{done.before}_. Keep all lines: people are found by them."
    )
    if to is None:
        typer.echo("Next:\n1. Copy the file to every machine with its own copy of it.")
    else:
        typer.echo(
            f"Next:\n1. Set {KEY_VARIABLE} to all lines of the file for endpoints and fuses "
            "(on a cluster, in the secret), and restart the endpoints. Until the fuse is done "
            "they go on with the older key."
        )
    typer.echo(
        f"2. Read all files again under the fresh key: plait fuse -c {config}\n"
        "3. Endpoints change over when they load the new store version.\n"
        f"4. Bring in what was posted meanwhile: plait fuse -c {config}"
    )
