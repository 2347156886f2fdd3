"""`plait identity report`: how good the persons are, and what they are made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, output_console
from plait.cli.identity.open_people import open_people
from plait.cli.identity.write_output import write_text


def report(
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth",
            metavar="FILE",
            help="A CSV or Parquet file with the columns platform, account (the raw id) and "
            "person. Default: nothing is compared. Example: --truth truth.csv",
        ),
    ] = None,
    json_file: Annotated[
        str | None,
        typer.Option(
            "--json",
            metavar="FILE",
            help="Write the report as JSON to this file; - prints it instead of the tables. "
            "Default: only tables. Example: --json out.json",
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Report on persons: sizes, evidence, what was blocked; with a truth, precision and recall."""
    from plait.cli.identity.print_report import print_report
    from plait.identity.report.identity_report import make_report
    from plait.identity.report.read_truth import read_truth

    opened = open_people(config)
    told = None if truth is None else read_truth(truth, opened.project, opened.key)
    found = make_report(opened.people, told)
    text = json.dumps(found.as_json(), indent=2)
    if json_file == "-":
        typer.echo(text)
        return
    print_report(output_console(), found)
    if json_file is not None:
        write_text(Path(json_file), text + "\n")
