"""`plait identity why`: the evidence that two accounts are one person, or why they are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console
from plait.cli.identity.open_people import open_people
from plait.cli.identity.write_output import write_text

if TYPE_CHECKING:
    from plait.cli.identity.open_people import OpenPeople
    from plait.identity.why.reasons import Standing

_FORMS = "platform:id as in its log, a pseudonym a_..., or a person p_..."


def why(
    first: Annotated[
        str,
        typer.Argument(metavar="A", help=f"An account or a person: {_FORMS}. Example: shop:c-17"),
    ],
    second: Annotated[
        str | None,
        typer.Argument(
            metavar="B",
            help="Another one, in the same forms. Default: all evidence of A is shown. "
            "Example: video:u-42",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Write a page to this file; it needs no other file. Default: no page. "
            "Example: --html why.html",
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Explain why two accounts are one person, or why they are not.

    With one argument, show all evidence of one person. Raw ids are never printed.
    """
    from plait.cli.identity.print_explanation import print_explanation
    from plait.identity.why.explain_people import explain_people
    from plait.identity.why.page import explanation_page

    opened = open_people(config)
    parties = [opened.party(text) for text in (first, second) if text is not None]
    found = explain_people(
        opened.people, parties[0], parties[1] if len(parties) > 1 else None, read_standing(opened)
    )
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=2, default=str))
    else:
        print_explanation(output_console(), found, parties)
    if html is not None:
        write_text(html, explanation_page(found))


def read_standing(opened: OpenPeople) -> Standing:
    """Returns what was said about accounts, the settings of the version, and blocked values."""
    from plait.identity.why.reasons import Standing

    version = opened.people.version
    blocked = opened.store.read("blocked_keys", version)
    return Standing(opened.standing, version.settings, blocked)
