"""`plait serve`: runs the endpoint on this machine."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, QuietOption, output_console
from plait.serving.json_logs import LogFormat

if TYPE_CHECKING:
    from plait.serving.launch_endpoint import RunningEndpoint


def serve(
    config: ConfigOption = DEFAULT_CONFIG,
    host: Annotated[
        str, typer.Option(help="The address to listen on. Example: --host 0.0.0.0")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="The TCP port to listen on. Unit: none. Default: serve.port of the project "
            "file. Example: --port 8080",
        ),
    ] = None,
    live_state: Annotated[
        str | None,
        typer.Option(
            help="Address of a Valkey server. Default: serve.live_state of the project file, "
            "else an embedded server. Example: --live-state redis://valkey:6379/0"
        ),
    ] = None,
    durability: Annotated[
        str | None,
        typer.Option(
            "--live-state-durability",
            help="fsync: refuse a Valkey that may lose accepted events. best_effort: accept it, "
            "and report it in responses. Default: serve.live_state_durability of the project file. "
            "Example: --live-state-durability best_effort",
        ),
    ] = None,
    replicas: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=64,
            help="Processes that serve requests. Unit: processes. Default: the minimum of "
            "serve.replicas of the project file. Example: --replicas 2",
        ),
    ] = None,
    log_format: Annotated[
        LogFormat,
        typer.Option(
            help="Format of errors and warnings on standard error: text, json, or auto "
            "(text on a terminal). Example: --log-format json"
        ),
    ] = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Serve recommendations, ranking, events and links over HTTP until Ctrl-C."""
    from plait.live.valkey.durability import DURABILITY_VARIABLE as DURABILITY
    from plait.serving.launch_endpoint import run_endpoint

    if durability:  # the replicas' processes read it from here
        os.environ[DURABILITY] = durability
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _interrupt)
    try:
        if not quiet and not as_json:
            typer.echo("Starting: live state, Ray Serve, the model ...", err=True)
        with run_endpoint(
            config,
            host=host,
            port=port,
            live_state=live_state,
            replicas=replicas,
            log_format=log_format,
        ) as endpoint:
            _print_endpoint(endpoint, config, as_json)
            # Short waits, as a signal that another thread receives does not interrupt a wait.
            while not stop.wait(0.5):
                pass
    except KeyboardInterrupt:
        if not quiet:
            typer.echo("Stopped.", err=True)


def _interrupt(*_: object) -> None:
    # The shutdown takes a few seconds and must complete, so further signals are ignored.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    raise KeyboardInterrupt


def _print_endpoint(endpoint: RunningEndpoint, config: Path, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        typer.echo(json.dumps(asdict(endpoint)))
        return
    from rich.text import Text

    from plait.config import load_config

    platform = next(iter(load_config(config).platforms))
    console = output_console()
    console.print(
        f"[bold green]Ready[/] at [bold]{endpoint.url}[/]  model {endpoint.model} "
        f"{endpoint.version}, up in {endpoint.seconds:.1f} s; docs at {endpoint.url}/docs"
    )
    user = {"platform": platform, "id": "u1"}
    event = {"type": "view", "user": user, "item_id": f"{platform}:1"}
    for line in (
        f"curl '{endpoint.url}/v1/recommend/{platform}/u1?k=5'",
        _curl_post(endpoint.url, "/v1/events", {"events": [event]}),
        _curl_post(endpoint.url, "/v1/recommend", {"user": user, "k": 5, "explain": True}),
    ):
        console.print(Text("  " + line), soft_wrap=True)
    console.print("Ctrl-C stops it.", style="dim")


def _curl_post(url: str, path: str, body: dict[str, object]) -> str:
    return f"curl {url}{path} -H 'Content-Type: application/json' -d '{json.dumps(body)}'"
