"""`plait logs NAME`: what a run says."""

from __future__ import annotations

from typing import Annotated

import typer

from plait.cli.cluster_options import ContextOption, NamespaceOption, parse_duration


def logs(
    name: Annotated[str, typer.Argument(help="Of the run: `plait status` lists them.")],
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Stay until the run ends; its exit code is ours.")
    ] = False,
    timeout: Annotated[str | None, typer.Option(help="Stay at most: 90s, 10m.")] = None,
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
        patience = FollowTimeouts(limit, start=None, scheduling=None)
        outcome = follow_run(api, run.resource, printer, patience)
        printer.conclude(outcome)
        raise typer.Exit(int(outcome.exit))
    from plait.cluster.follow.container_log import read_log

    for line in read_log(api, run.resource):
        typer.echo(line)
