"""`plait evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, QuietOption, output_console


def evaluate(
    config: ConfigOption = DEFAULT_CONFIG,
    protocol: Annotated[
        str, typer.Option(help="loo-999, loo-full, loo-full-unmasked or time.")
    ] = "loo-999",
    version: Annotated[str | None, typer.Option(help="Default: the alias `current`.")] = None,
    against: Annotated[
        str | None, typer.Option(help="Compare with another VERSION, MODEL or MODEL:VERSION.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the negatives and the bootstrap.")] = 0,
    as_json: Annotated[
        Path | None, typer.Option("--json", help="Write JSON to this file; - prints it.")
    ] = None,
    dump: Annotated[
        Path | None, typer.Option(help="Write person, platform, item and rank to this Parquet.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Measure a model version beside popularity and item-item, with confidence intervals."""
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
        report.write(as_json)
