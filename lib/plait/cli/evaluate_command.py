"""`plait evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, QuietOption, output_console


def evaluate(
    config: ConfigOption = DEFAULT_CONFIG,
    protocol: Annotated[
        str,
        typer.Option(
            help="What is ranked against what: loo-999, loo-full, loo-full-unmasked or time. "
            "Example: --protocol loo-full"
        ),
    ] = "loo-999",
    version: Annotated[
        str | None,
        typer.Option(
            help="The model version to measure. Default: the alias `current`. Example: --version v3"
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Compare with another version, model or version of a model, on the same "
            "targets. Default: no comparison. Example: --against v2, --against other or "
            "--against other:v2"
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(help="Seed of the negatives and the bootstrap. Unit: none. Example: --seed 7"),
    ] = 0,
    as_json: Annotated[
        Path | None,
        typer.Option(
            "--json",
            help="Write the report as JSON to this file; - prints it. Default: a table is "
            "printed. Example: --json report.json",
        ),
    ] = None,
    dump: Annotated[
        Path | None,
        typer.Option(
            help="Write person, platform, item and rank of every target to this Parquet "
            "file. Default: not written. Example: --dump ranks.parquet"
        ),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Measure a model version, popularity and item-item, with confidence intervals."""
    from plait.evaluation.evaluate_model import evaluate as run
    from plait.evaluation.report_table import report_table
    from plait.progress import silence

    printed = as_json == Path("-")
    if quiet or printed:
        silence()
    report = run(config, protocol, version, against=against, seed=seed, dump=dump)
    if printed:
        typer.echo(report.json())
        return
    output_console().print(report_table(report))
    if as_json:
        report.write_json(as_json)
