"""`plait identity`: who is who, why, and what people say about it."""

from __future__ import annotations

import typer

from plait.cli.identity.link_command import link
from plait.cli.identity.log_command import log
from plait.cli.identity.undo_command import undo
from plait.cli.identity.unlink_command import unlink

app = typer.Typer(no_args_is_help=True, help="Say who is who, and undo it.")
for _verb in (link, unlink, undo, log):
    app.command()(_verb)
