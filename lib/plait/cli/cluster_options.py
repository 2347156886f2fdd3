"""Options of every verb that uses a cluster."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import typer

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class OutputFormat(StrEnum):
    """The output format."""

    text = "text"
    json = "json"


class DryRun(StrEnum):
    """Where a resource that is not submitted is validated."""

    client = "client"
    server = "server"


def parse_duration(text: str) -> float:
    """Returns seconds of "90", "90s", "10m", "2h".

    Raises:
        typer.BadParameter: `text` is not a duration.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if found is None:
        raise typer.BadParameter(f"'{text}' is not a duration; give 90, 90s, 10m or 2h")
    return float(found[1]) * _UNITS[found[2]]


ContextOption = Annotated[
    str | None,
    typer.Option(
        help="Context of the kubeconfig. Example: --context prod", show_default="the current one"
    ),
]
NamespaceOption = Annotated[
    str | None,
    typer.Option(
        "-n",
        "--namespace",
        help="Kubernetes namespace. Example: -n plait",
        show_default="the context's",
    ),
]
OutputOption = Annotated[
    OutputFormat,
    typer.Option(
        "-o",
        "--output",
        help="Output format: text, or json for programs. Example: -o json",
    ),
]
