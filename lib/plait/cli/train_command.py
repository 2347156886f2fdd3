"""`plait train`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, QuietOption, output_console
from plait.say_count import say_count

if TYPE_CHECKING:
    from plait.training.train_model import TrainResult


def train(
    config: ConfigOption = DEFAULT_CONFIG,
    workers: Annotated[
        str,
        typer.Option(
            metavar="N|MIN:MAX",
            help="Processes that split every batch, a number or a range. Unit: processes. "
            "Example: --workers 2:4",
        ),
    ] = "1",
    family: Annotated[
        str | None,
        typer.Option(
            help="The model family: neural, item_item or popularity. Example: --family item_item",
            show_default="train.family of the project file",
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="What is held out: loo, time or none. Example: --split time",
            show_default="train.split of the project file",
        ),
    ] = None,
    cut: Annotated[
        str | None,
        typer.Option(
            help="With --split time, where the test targets begin, ISO 8601, UTC. Default: "
            "train.cut of the project file, else the last tenth of the log. Example: "
            "--cut 2024-06-01"
        ),
    ] = None,
    refit: Annotated[
        bool,
        typer.Option(
            "--refit",
            help="Hold out nothing, and train for as many epochs as an earlier version.",
        ),
    ] = False,
    platform: Annotated[
        list[str] | None,
        typer.Option(
            help="Train only on this platform; may be repeated. Default: all platforms. "
            "Example: --platform shop"
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="The largest number of epochs. Unit: epochs. Example: --epochs 12",
            show_default="train.epochs of the project file",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue from the last checkpoint of an unfinished run."),
    ] = False,
    max_failures: Annotated[
        int,
        typer.Option(
            min=-1,
            help="How often the run may lose workers before it fails; -1 means no "
            "limit. Unit: losses. Example: --max-failures 3",
        ),
    ] = 0,
    checkpoint_every: Annotated[
        float,
        typer.Option(
            min=0,
            help="Time between checkpoints, in addition to one after each epoch. Unit: "
            "seconds. Example: --checkpoint-every 300",
        ),
    ] = 60.0,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Seed of everything random. Unit: none. Default: train.seed of the project "
            "file. Example: --seed 7"
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train the model on the newest store version and publish it in the registry."""
    from plait.config import load_config
    from plait.progress import silence
    from plait.training.train_model import train as run

    if quiet or as_json:
        silence()
    result = run(
        load_config(config),
        workers=workers,
        refit=refit,
        platforms=platform or (),
        resume=resume,
        max_failures=max_failures,
        checkpoint_every=checkpoint_every,
        family=family,
        split=split,
        cut=cut,
        epochs=epochs,
        seed=seed,
    )
    if as_json:
        typer.echo(json.dumps(result.as_json()))
    else:
        _print_result(result)


def _print_result(result: TrainResult) -> None:
    from rich.table import Table

    metrics = result.metrics
    table = Table(title=f"model {result.model} {result.version}", title_justify="left")
    for heading in ("validation", "MRR of 1,000", "NDCG@10 of all"):
        table.add_column(heading, justify="left" if heading == "validation" else "right")
    if result.item_item:
        table.add_column("item-item weight", justify="right")
    held_out = metrics["validation"]
    for platform in result.platforms:
        scores = [held_out.get(f"{platform}.{name}") for name in ("mrr", "ndcg@10")]
        cells = ["" if score is None else f"{score:.4f}" for score in scores]
        weight = [f"{result.item_item[platform]:g}"] if platform in result.item_item else []
        table.add_row(platform, *cells, *weight)
    console = output_console()
    console.print(table)
    console.print(
        f"{say_count(metrics['people'], 'person', 'people')}, "
        f"{say_count(metrics['events'], 'event')}, {say_count(metrics['items'], 'item')}; "
        f"{_describe_work(metrics)}. Family {result.family}, split {result.split}, "
        f"store version {result.store_version}, terms: {', '.join(result.terms)}."
    )


def _describe_work(metrics: dict[str, Any]) -> str:
    """Returns the duration of the training and, for a training in epochs, its speed."""
    if "epochs" not in metrics:
        return f"{metrics['seconds']:,.1f} s"
    return (
        f"{metrics['epochs']} epochs, {metrics['seconds']:,.0f} s, "
        f"{metrics['targets_per_s']:,} targets/s, {metrics['loader_share']:.1%} of the time "
        "waiting for the loader"
    )
