"""`plait cancel NAME`: cancels a run."""

from __future__ import annotations

from typing import Annotated

import typer

from plait.cli.cluster_options import ContextOption, NamespaceOption


def cancel(
    name: Annotated[
        str, typer.Argument(help="Name of the run, as `plait status` lists it. Example: train-7f3a")
    ],
    delete: Annotated[
        bool,
        typer.Option(
            "--delete",
            help="Delete the resource as well. `plait status` no longer lists the run then.",
        ),
    ] = False,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
) -> None:
    """Cancel a run. Its pods are deleted; its resource stays, marked as cancelled."""
    from plait.cluster import cancel_run as ending
    from plait.cluster.client.connect_cluster import connect_cluster
    from plait.cluster.list_runs import find_run

    api = connect_cluster(context, namespace)
    run = find_run(api, name)
    if delete:
        typer.echo(ending.delete_run(api, run.resource))
    elif run.state.ended and run.resource["kind"] != "RayService":
        typer.echo(
            f"{name} has already ended ({run.state.name}). "
            f"To remove it: plait cancel {name} --delete"
        )
    else:
        typer.echo(ending.cancel_run(api, run.resource, "Cancelled with `plait cancel`."))
