"""`plait identity`: who is who, why, and what people say about it."""

from __future__ import annotations

import typer

from plait.cli.identity.blocked_command import blocked
from plait.cli.identity.history_command import history
from plait.cli.identity.link_command import link
from plait.cli.identity.log_command import log
from plait.cli.identity.preview_command import preview
from plait.cli.identity.report_command import report
from plait.cli.identity.resolve_command import resolve
from plait.cli.identity.review_command import review
from plait.cli.identity.undo_command import undo
from plait.cli.identity.unlink_command import unlink
from plait.cli.identity.why_command import why

app = typer.Typer(
    no_args_is_help=True, help="Who is who: resolve, explain, review, report, and correct."
)
for _verb in (resolve, preview, why, history, review, report, blocked, link, unlink, undo, log):
    app.command()(_verb)
