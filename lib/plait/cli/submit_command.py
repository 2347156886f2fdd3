"""`plait submit VERB`: runs a verb on the cluster, and follows the run to its end."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plait.cli.cluster_options import (
    DryRun,
    NamespaceOption,
    OutputFormat,
    OutputOption,
    parse_duration,
)
from plait.cluster.cluster_verbs import RAY_SERVICE, VERBS, Verb
from plait.cluster.render.job_arguments import check_arguments, describe_options
from plait.errors import PlaitError

if TYPE_CHECKING:
    from plait.cluster.client.kube_api import KubeApi
    from plait.cluster.cluster_verbs import Resource
    from plait.cluster.run_name import RunSpec
    from plait.cluster.submit_run import Submission

app = typer.Typer(
    no_args_is_help=True,
    help="Run a verb on Kubernetes, where the chart is installed, and follow it to its end.",
    epilog="Exit codes: 0 succeeded, 1 the job failed, 2 the request is invalid, 3 the cluster "
    "could not start it or does not respond, 4 timed out, 5 cancelled, 6 its image cannot be "
    "pulled, 7 no node is large enough, 130 Ctrl-C: it keeps running.",
)


@dataclass
class _SubmitOptions:
    """The options of one invocation."""

    verb: Verb
    arguments: list[str]
    context: str | None
    namespace: str | None
    output: OutputFormat
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def as_json(self) -> bool:
        return self.output is OutputFormat.json


def _make_command(verb: Verb) -> Callable[..., None]:
    def submit(
        context: typer.Context,
        workers: Annotated[
            str | None,
            typer.Option(
                metavar="N|MIN:MAX",
                help="Worker pods, a number or a range. Unit: pods. Default: the "
                "chart's. Example: --workers 2:8",
            ),
        ] = None,
        cpus: Annotated[
            str | None,
            typer.Option(
                help="CPUs of a worker. Unit: cores, or thousandths with m. Default: the "
                "chart's. Example: --cpus 500m"
            ),
        ] = None,
        memory: Annotated[
            str | None,
            typer.Option(
                help="Memory of a worker. Unit: bytes, or Mi and Gi. Default: the chart's. "
                "Example: --memory 4Gi"
            ),
        ] = None,
        gpus: Annotated[
            int | None,
            typer.Option(
                help="GPUs of a worker. Unit: GPUs. Default: the chart's. Example: --gpus 1"
            ),
        ] = None,
        driver_memory: Annotated[
            str | None,
            typer.Option(
                help="Memory of Spark's driver, for fuse. Unit: bytes, or Mi and Gi. Default: "
                "the chart's. Example: --driver-memory 4Gi"
            ),
        ] = None,
        image: Annotated[
            str | None,
            typer.Option(
                help="The container image. Default: the chart's. Example: --image "
                "registry/plait:1.2"
            ),
        ] = None,
        queue: Annotated[
            str | None,
            typer.Option(help="LocalQueue of Kueue. Default: the chart's. Example: --queue batch"),
        ] = None,
        run: Annotated[
            str | None,
            typer.Option(
                metavar="ID",
                help="Submit only once: the same ID again follows the first run. Default: a new "
                "run each time. Example: --run nightly-2024-06-01",
            ),
        ] = None,
        release: Annotated[
            str | None,
            typer.Option(
                help="Helm release of the chart. Example: --release plait",
                show_default="the only one",
            ),
        ] = None,
        namespace: NamespaceOption = None,
        kube_context: Annotated[
            str | None,
            typer.Option(
                "--context",
                help="Context of the kubeconfig. Example: --context prod",
                show_default="the current one",
            ),
        ] = None,
        templates: Annotated[
            Path | None,
            typer.Option(
                metavar="FILE",
                help="Take the templates from this output of `helm template`. Default: from the "
                "cluster. Example: --templates templates.yaml",
            ),
        ] = None,
        dry_run: Annotated[
            DryRun | None,
            typer.Option(
                help="Print what would be submitted, validated by the client or the server. "
                "Default: it is submitted. Example: --dry-run server"
            ),
        ] = None,
        detach: Annotated[
            bool, typer.Option("--detach", help="Submit, and return without waiting.")
        ] = False,
        timeout: Annotated[
            str | None,
            typer.Option(
                help="Wait at most this long; the run continues. Unit: s, m or h. Default: "
                "until the run ends. Example: --timeout 10m"
            ),
        ] = None,
        patience: Annotated[
            str | None,
            typer.Option(
                help="How long to wait for pods that cannot start, before the run is cancelled. "
                "Unit: s, m or h. Example: --patience 5m",
                show_default="30s; if no node is large enough, the chart's setting, 10m",
            ),
        ] = None,
        cancel_on_interrupt: Annotated[
            bool,
            typer.Option(
                "--cancel-on-interrupt", help="Cancel the run on Ctrl-C. Otherwise it continues."
            ),
        ] = False,
        output: OutputOption = OutputFormat.text,
    ) -> None:
        given = list(context.args)
        if workers is not None and verb.name == "train":
            given += ["--workers", workers]
        options = {
            "workers": workers, "cpus": cpus, "memory": memory, "gpus": gpus,
            "driver_memory": driver_memory, "image": image, "queue": queue, "run": run,
            "release": release, "templates": templates, "dry_run": dry_run, "detach": detach,
            "cancel": cancel_on_interrupt,
            "patience": None if patience is None else parse_duration(patience),
            "timeout": None if timeout is None else parse_duration(timeout),
        }  # fmt: skip
        known = [name for p in context.command.params for name in p.opts if name.startswith("--")]
        ask = _SubmitOptions(verb, given, kube_context, namespace, output, options)
        _run_guarded(ask, lambda: _submit(ask, known))

    submit.__doc__ = _HELP_TEXTS[verb.name]
    return submit


_HELP_TEXTS = {
    "fuse": "Fuse the logs with Spark: a driver and executors.",
    "train": "Train the model with Ray: a head, and workers that split every batch.",
    "evaluate": "Measure a model version with Ray.",
    "recommend": "Write the recommendations of all people with Ray.",
    "serve": "Start the endpoint, or upgrade it to another image.",
}


def _run_guarded(ask: _SubmitOptions, work: Callable[[], int]) -> None:
    """Exits with the exit code of `work`. With --output json, prints an error as a record too."""
    try:
        code = work()
    except PlaitError as error:
        if not ask.as_json:
            raise
        record = {
            "verb": ask.verb.name,
            "state": "refused",
            "exit_code": error.exit_code,
            "error": error.headline,
            "why": str(error).removeprefix(f"{error.headline}: "),
        }
        typer.echo(json.dumps(record))
        raise typer.Exit(error.exit_code) from None
    raise typer.Exit(code)


def _submit(ask: _SubmitOptions, known: Sequence[str]) -> int:
    from plait.cluster.client.connect_cluster import connect_cluster
    from plait.cluster.render.run_size import RunSize
    from plait.cluster.render.templates import read_templates
    from plait.cluster.submit_run import load_templates, prepare_run, submit_run

    o = ask.options
    arguments = check_arguments(ask.verb, ask.arguments, known)
    size = RunSize(o["workers"], o["cpus"], o["memory"], o["gpus"], o["driver_memory"])
    api: KubeApi | None = None
    if o["templates"] is None:
        api = connect_cluster(ask.context, ask.namespace)
        templates = load_templates(api, o["release"])
    else:
        templates = read_templates(o["templates"], o["release"])
    spec, resource = prepare_run(
        ask.verb, templates, arguments, size, o["image"], o["queue"], o["run"]
    )
    if o["dry_run"] is DryRun.client:
        return _print_resource(ask, resource)
    api = api or connect_cluster(ask.context, ask.namespace)
    placed = submit_run(api, spec, resource, dry_run=o["dry_run"] is DryRun.server)
    if o["dry_run"] is DryRun.server:
        return _print_resource(
            ask, placed.resource, "already exists" if placed.existed else "is accepted"
        )
    return _report_submission(ask, api, spec, placed, templates.scheduling_timeout_s)


def _print_resource(ask: _SubmitOptions, resource: Resource, verdict: str = "") -> int:
    """Prints the resource, and the server's verdict if it validated the resource."""
    import yaml

    resource["metadata"].pop("managedFields", None)
    if ask.as_json:
        typer.echo(json.dumps(resource))
        return 0
    typer.echo(yaml.safe_dump(resource, sort_keys=False).rstrip())
    if verdict:
        name = resource["metadata"]["name"]
        typer.echo(f"# {resource['kind']} {name} {verdict}; nothing was changed.", err=True)
    return 0


def _report_submission(
    ask: _SubmitOptions, api: KubeApi, spec: RunSpec, placed: Submission, scheduling: float | None
) -> int:
    from plait.cluster.submit_run import is_same_spec

    name = placed.resource["metadata"]["name"]
    if not ask.as_json:
        how = "met" if placed.existed else "submitted"
        bold = typer.style(name, bold=True)
        typer.echo(f"{bold} {how}: {ask.verb.name} in {api.namespace} of {api.where}", err=True)
        if placed.existed and not is_same_spec(placed, spec):
            typer.echo(
                f"--run {spec.run} was submitted with other settings; following that run.",
                err=True,
            )
    if ask.options["detach"]:
        if ask.as_json:
            record = {"name": name, "verb": ask.verb.name, "state": "submitted", "exit_code": 0}
            typer.echo(json.dumps(record | {"met": placed.existed, "namespace": api.namespace}))
        else:
            typer.echo(_follow_up_commands(api, name), err=True)
        return 0
    return _follow_submission(ask, api, placed, scheduling)


def _follow_submission(
    ask: _SubmitOptions, api: KubeApi, placed: Submission, scheduling: float | None
) -> int:
    from plait.cli.run_printer import JsonPrinter, TextPrinter, outcome_record
    from plait.cluster.cancel_run import cancel_run
    from plait.cluster.follow.follow_run import (
        SCHEDULING_TIMEOUT_S,
        START_TIMEOUT_S,
        FollowTimeouts,
        follow_run,
    )
    from plait.cluster.follow.run_state import ExitCode

    name = placed.resource["metadata"]["name"]
    loud, quiet = TextPrinter(), JsonPrinter()
    signal.signal(signal.SIGTERM, _interrupt)
    given = ask.options["patience"]
    by_chart = SCHEDULING_TIMEOUT_S if scheduling is None else scheduling
    timeouts = FollowTimeouts(
        ask.options["timeout"],
        start=START_TIMEOUT_S if given is None else given,
        scheduling=by_chart if given is None else given,
    )
    try:
        outcome = follow_run(api, placed.resource, quiet if ask.as_json else loud, timeouts)
    except KeyboardInterrupt:
        if ask.options["cancel"]:
            said = cancel_run(api, placed.resource, "Interrupted by the user who submitted it.")
            code, state = ExitCode.CANCELLED, "cancelled"
        else:
            said = f"Detached: {name} keeps running.\n{_follow_up_commands(api, name)}"
            code, state = ExitCode.DETACHED, "detached"
        if ask.as_json:
            record = {"name": name, "verb": ask.verb.name, "state": state, "exit_code": int(code)}
            typer.echo(json.dumps(record))
        else:
            typer.echo(f"\n{said}", err=True)
        return int(code)
    if ask.as_json:
        about = {"verb": ask.verb.name, "namespace": api.namespace, "met": placed.existed}
        typer.echo(json.dumps(outcome_record(outcome, **about, notes=quiet.notes)))
    else:
        loud.conclude(outcome)
        if ask.verb.kind is RAY_SERVICE and outcome.exit is ExitCode.SUCCEEDED:
            typer.echo(f"Its address inside the cluster is http://{name}-serve-svc:8000", err=True)
    return int(outcome.exit)


def _follow_up_commands(api: KubeApi, name: str) -> str:
    where = f" -n {api.namespace}"
    return (
        f"  plait status {name}{where}\n  plait logs {name}{where} -f\n  plait cancel {name}{where}"
    )


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _epilog(verb: Verb) -> str:
    lines = describe_options(verb)
    if not lines:
        return ""
    own = [f"{option}: {text}" for option, text in lines]
    return "\n\n".join([f"It also accepts the options of {verb.name}:", *own])


for _verb in VERBS.values():
    app.command(
        _verb.name,
        epilog=_epilog(_verb),
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(_make_command(_verb))
