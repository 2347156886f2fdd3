"""`plait identity undo`: an assertion counts no more, as if it had never been made."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption
from plait.cli.identity.assertion_options import (
    DryRunOption,
    WhoOption,
    WhyOption,
    said_by,
    said_why,
)
from plait.cli.identity.print_effect import print_effect


def undo(
    place: Annotated[
        str,
        typer.Argument(
            metavar="N",
            help="The number of the entry in `plait identity log`, or of one assertion in it. "
            "Example: 12.0",
        ),
    ],
    why: WhyOption,
    who: WhoOption = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Undo a link, an unlink or an answer. From the next fuse on, it has never been made."""
    from plait.config import load_config
    from plait.identity.assertions.assert_pair import say_place
    from plait.identity.assertions.assertion_effect import find_effect
    from plait.identity.assertions.identity_log import read_history
    from plait.identity.assertions.undo import undo_assertion
    from plait.identity.standing_links import standing_links, without_assertion
    from plait.store import Store
    from plait.store.require_writable import require_writable

    by, reason = said_by(who), said_why(why)
    number, index = _parse_place(place)
    project = load_config(config)
    store = Store(project.store_uri)
    if not dry_run:
        require_writable(store)
    found, said = undo_assertion(store, number, index, by, reason, dry_run=dry_run)
    pair = ((said["account_a"], said["platform_a"]), (said["account_b"], said["platform_b"]))
    left = standing_links(without_assertion(read_history(store).assertions, found))
    effect = find_effect(store, pair, left, project.people.max_accounts)
    if as_json:
        record: dict[str, Any] = {"kind": "undo", "of": say_place(found), "who": by, "why": reason}
        record |= {"undone": said["kind"], "accounts": [pair[0][0], pair[1][0]]}
        record |= {"written": not dry_run, "next_fuse": effect.as_json()}
        typer.echo(json.dumps(record))
        return
    what = f"the {said['kind']} of {said['who'] or 'somebody'} at {say_place(found)}"
    if dry_run:
        typer.echo(f"Dry run: {what} would be undone. Nothing was written.")
    else:
        typer.echo(f"Undone: {what}. It counts from the next `plait fuse`.")
    print_effect(effect)


def _parse_place(text: str) -> tuple[int, int | None]:
    match = re.fullmatch(r"(\d{1,8})(?:\.(\d{1,8}))?", text.strip())
    if match is None:
        raise typer.BadParameter(
            "write the number of an entry (12) or of an assertion in it (12.0).", param_hint="N"
        )
    return int(match[1]), None if match[2] is None else int(match[2])
