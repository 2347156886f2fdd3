"""`plait demo`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plait.cli.console import JsonOption, QuietOption

if TYPE_CHECKING:
    from plait.demo.chapter_results import Chapter


def demo(
    people: Annotated[
        int,
        typer.Option(
            min=200,
            max=20_000,
            help="People in the synthetic world. Unit: people. Example: --people 500",
        ),
    ] = 2_000,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of everything random. Unit: none. Example: --seed 7")
    ] = 0,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the endpoint running at the end.")
    ] = False,
    folder: Annotated[
        Path,
        typer.Option(
            help="The folder to write to; the folder of an earlier demo is emptied. Example: "
            "--folder /tmp/demo"
        ),
    ] = Path(".plait/demo"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run the whole pipeline in two minutes, from raw logs of four platforms to an endpoint."""
    from plait import progress
    from plait.demo.run_demo import DemoOptions, run_demo

    if as_json or quiet:
        progress.silence()
    tell = _json_writer(seed) if as_json else _text_printer()
    run_demo(DemoOptions(folder=folder, people=people, seed=seed, keep=keep), tell)


def _json_writer(seed: int) -> Callable[[Chapter], None]:
    """Returns a function that collects chapters, and prints one JSON object after the last."""
    from dataclasses import asdict

    from plait.demo.chapter_results import CHAPTER_NAMES, CommandsChapter

    record: dict[str, Any] = {"seed": seed}

    def tell(chapter: Chapter) -> None:
        record[CHAPTER_NAMES[type(chapter)]] = asdict(chapter)
        if isinstance(chapter, CommandsChapter):
            typer.echo(json.dumps(record, indent=2))

    return tell


def _text_printer() -> Callable[[Chapter], None]:
    """Returns a function that prints a chapter: in colour on a terminal, else in plain text."""
    from rich.console import Console

    from plait.demo.show_chapter import WIDTH, render_chapter

    console = Console(width=WIDTH, highlight=False)

    def tell(chapter: Chapter) -> None:
        with console.capture() as capture:
            console.print(render_chapter(chapter))
        # Rich pads every line to the full width. Copied text should not end in spaces.
        text = "\n".join(line.rstrip() for line in capture.get().splitlines())
        typer.echo(text, color=True)

    return tell
