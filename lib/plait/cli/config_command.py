"""`plait config show` and `plait config schema`."""

from __future__ import annotations

import json

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption

app = typer.Typer(no_args_is_help=True, help="Show the resolved project file, or its JSON Schema.")


@app.command()
def show(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Print the project file with every default filled in."""
    import yaml

    from plait.config import load_config

    resolved = load_config(config).resolved()
    typer.echo(
        json.dumps(resolved, indent=2)
        if as_json
        else yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True).rstrip()
    )


@app.command()
def schema() -> None:
    """Print the JSON Schema of the project file (for editors and CI)."""
    from plait.config import Project

    typer.echo(json.dumps(Project.model_json_schema(), indent=2))
