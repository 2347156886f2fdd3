"""`plait logs NAME`: prints a run's log."""

from __future__ import annotations

from typing import Annotated

import typer

from plait.cli.cluster_options import ContextOption, NamespaceOption, parse_duration


def logs(
    name: Annotated[
        str, typer.Argument(help="Name of the run, as `plait status` lists it. Example: train-7f3a")
    ],
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", "-f", help="Follow the log until the run ends, and exit with its exit code."
        ),
    ] = False,
    timeout: Annotated[
        str | None,
        typer.Option(
            help="Follow for at most this long. Unit: s, m or h. Default: until the run "
            "ends. Example: --timeout 10m"
        ),
    ] = None,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
) -> None:
    """Print a run's log; with -f, follow it to its end."""
    from plait.cluster.client.connect_cluster import connect_cluster
    from plait.cluster.list_runs import find_run

    api = connect_cluster(context, namespace)
    run = find_run(api, name)
    if follow:
        from plait.cli.run_printer import TextPrinter
        from plait.cluster.follow.follow_run import FollowTimeouts, follow_run

        limit = None if timeout is None else parse_duration(timeout)
        printer = TextPrinter()
        timeouts = FollowTimeouts(limit, start=None, scheduling=None)
        outcome = follow_run(api, run.resource, printer, timeouts)
        printer.conclude(outcome)
        raise typer.Exit(int(outcome.exit))
    from plait.cluster.follow.container_log import read_log

    for line in read_log(api, run.resource):
        typer.echo(line)
