"""`plait identity`: who is who, why, and what people say about it."""

from __future__ import annotations

import typer

from plait.cli.identity.preview_command import preview

app = typer.Typer(no_args_is_help=True, help="Who is who.")
app.command()(preview)
