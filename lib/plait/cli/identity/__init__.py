"""`plait identity`: who is who, why, and what people say about it."""

from __future__ import annotations

import typer

from plait.cli.identity.blocked_command import blocked

app = typer.Typer(no_args_is_help=True, help="Say who is who, and undo it.")
for _verb in (blocked,):
    app.command()(_verb)
