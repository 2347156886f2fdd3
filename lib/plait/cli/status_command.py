"""`plait status [NAME]`: lists the runs on the cluster."""

from __future__ import annotations

import json
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.cluster_options import ContextOption, NamespaceOption, OutputFormat, OutputOption
from plait.cli.console import output_console

if TYPE_CHECKING:
    from plait.cluster.client.kube_api import KubeApi
    from plait.cluster.list_runs import ClusterRun


def status(
    name: Annotated[
        str | None, typer.Argument(help="Name of a run. Default: all runs. Example: train-7f3a")
    ] = None,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
    output: OutputOption = OutputFormat.text,
) -> None:
    """List the runs on Kubernetes, newest first. With NAME, show why that run waits or failed."""
    from plait.cluster.client.connect_cluster import connect_cluster
    from plait.cluster.list_runs import check_endpoint, find_run, list_runs

    api = connect_cluster(context, namespace)
    listed = [find_run(api, name)] if name is not None else list_runs(api)
    listed = [check_endpoint(api, run) for run in listed]
    if output is OutputFormat.json:
        typer.echo(json.dumps({"runs": [run.record() for run in listed]}, indent=2))
        return
    if not listed:
        typer.echo(
            f"No runs in namespace '{api.namespace}' of {api.where}. Start one: plait submit train"
        )
        return
    _print_runs(api, listed)
    if name is not None:
        _print_diagnosis(api, listed[0])


def _print_runs(api: KubeApi, listed: list[ClusterRun]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    title = f"namespace {api.namespace} of {api.where}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1))
    for heading in ("name", "verb", "state"):
        table.add_column(heading, no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("workers", justify="right")
    table.add_column("why", overflow="fold", max_width=60)
    colours = {
        "succeeded": "green",
        "ready": "green",
        "failed": "red",
        "running": "cyan",
        "not ready": "yellow",
    }
    for run in listed:
        record, state = run.record(), run.state
        table.add_row(
            run.name,
            record["verb"],
            Text(state.name, style=colours.get(state.name, "")),
            format_age(run.age_s()),
            run.workers,
            Text(state.why if len(listed) == 1 else shorten(state.why, 110, placeholder=" ...")),
        )
    output_console().print(table)


def _print_diagnosis(api: KubeApi, run: ClusterRun) -> None:
    """Prints why the run's pods wait or failed, if reading them is allowed."""
    from plait.cluster.diagnose.job_failure import diagnose_failure
    from plait.cluster.diagnose.pending_reasons import diagnose_pending
    from plait.cluster.follow.run_pods import list_events, list_pods
    from plait.cluster.follow.run_state import ExitCode
    from plait.errors import PlaitError

    try:
        pods = list_pods(api, run.resource)
        events = list_events(api, run.resource, pods)
    except PlaitError as error:
        typer.echo(f"Its pods cannot be read: {error.seen}")
        return
    if run.state.exit in (ExitCode.FAILED, ExitCode.INFRASTRUCTURE):
        said = list(diagnose_failure(run.resource, pods, []))
    elif run.state.ended:
        return
    else:
        said = [f"{r.sentence} {r.fix}".strip() for r in diagnose_pending(pods, events, None)]
    for text in said:
        if text:
            typer.echo(text)
    for pod in pods:
        typer.echo(f"  pod {pod['metadata']['name']}: {(pod.get('status') or {}).get('phase')}")


def format_age(seconds: float) -> str:
    """Returns an age as kubectl writes it: 41s, 12m, 5h, 3d."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size or (seconds >= size and unit != "m"):
            return f"{seconds / size:.0f}{unit}"
    return f"{max(seconds, 0):.0f}s"
