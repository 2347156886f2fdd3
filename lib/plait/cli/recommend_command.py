"""`plait recommend`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, QuietOption, output_console
from plait.say_count import say_count

if TYPE_CHECKING:
    from rich.table import Table

    from plait.recommend.loaded_model import PersonRecommendation

FALLBACK_TEXTS = {
    "unknown_person": "The account has no events. These are the platform's popular items.",
    "no_consent": "This account's events may be used on its own platform only. These are the "
    "popular items.",
    "no_known_items": "The model knows none of this person's items. These are the popular ones.",
}


def recommend(
    platform: Annotated[
        str, typer.Option(help="The platform of the account. Example: --platform shop")
    ],
    account: Annotated[
        str, typer.Option(help="The account id as the platform writes it. Example: --account u42")
    ],
    k: Annotated[
        int, typer.Option("-k", help="How many items to return. Unit: items. Example: -k 20")
    ] = 10,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="The platform whose items to recommend. Default: that of the account. Example: "
            "--from video",
        ),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(
            help="The model version to use. Default: the alias `current`. Example: --version v3"
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Recommend to one account, with the terms that add up to each score."""
    from plait.progress import silence
    from plait.recommend.loaded_model import load

    if quiet or as_json:
        silence()
    loaded = load(config, version)
    answer = loaded.recommend({"platform": platform, "id": account}, k, platform=source)
    if as_json:
        typer.echo(json.dumps(answer.record(), indent=2))
        return
    where = ", ".join(answer.platforms) or "no platform"
    typer.echo(f"{answer.person}: {say_count(answer.events, 'item event')}, known on {where}")
    if answer.fallback:
        typer.echo(FALLBACK_TEXTS[answer.fallback])
    output_console().print(_recommendation_table(answer))


def _recommendation_table(answer: PersonRecommendation) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    title = f"{answer.platform} by {answer.model}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=0)
    table.add_column("", justify="right")
    table.add_column(" item", no_wrap=True, overflow="ellipsis")
    terms = list(answer.items[0].terms) if answer.items else []
    for heading in ("score", *terms):
        table.add_column(heading.replace("_", "-"), justify="right", no_wrap=True)
    for place, item in enumerate(answer.items, 1):
        name = Text(f" {item.item}")
        if item.item in answer.titles:
            name.append(f"\n {answer.titles[item.item]}", style="dim")
        numbers = [item.score or 0.0, *(item.terms[term] for term in terms)]
        table.add_row(str(place), name, *(f"{n:.4f}" for n in numbers))
    return table
