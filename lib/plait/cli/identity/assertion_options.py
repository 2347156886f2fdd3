"""Options of the verbs that write to the identity log."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from plait.contracts.id_rules import MAX_WHO, MAX_WHY

_FORMS = "platform:id with the id as in its log, or a pseudonym a_..."

FirstAccount = Annotated[
    str, typer.Argument(metavar="A", help=f"An account: {_FORMS}. Example: shop:c-17")
]
SecondAccount = Annotated[
    str,
    typer.Argument(metavar="B", help="The other account, in the same forms. Example: video:u-42"),
]
WhyOption = Annotated[
    str,
    typer.Option(
        "--why",
        metavar="TEXT",
        help='The reason, which stays in the log. Example: --why "same invoice"',
    ),
]
WhoOption = Annotated[
    str | None,
    typer.Option(
        "--who",
        metavar="NAME",
        help="Who says so. Default: the user who runs the command. Example: --who support-7",
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Print what would change, and write nothing.")
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        help="Post it to the endpoint at this address, so that it counts at once. If "
        "PLAIT_API_KEY is set, it is the key. Default: write it to the store, for the next fuse. "
        "Example: --url http://localhost:8000",
    ),
]


def said_by(who: str | None) -> str:
    """Returns who makes the assertion: `who`, or the user who runs the command.

    Raises:
        typer.BadParameter: the name is empty or too long.
    """
    return _checked(getpass.getuser() if who is None else who, MAX_WHO, "--who")


def said_why(why: str) -> str:
    """Returns the reason of an assertion.

    Raises:
        typer.BadParameter: the reason is empty or too long.
    """
    return _checked(why, MAX_WHY, "--why")


def _checked(text: str, longest: int, option: str) -> str:
    text = text.strip()
    if not text or len(text) > longest:
        raise typer.BadParameter(
            f"it has {len(text)} characters. Write 1 to {longest}.", param_hint=option
        )
    return text
