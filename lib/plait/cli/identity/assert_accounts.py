"""What `plait identity link` and `plait identity unlink` have in common."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from plait.cli.identity.assertion_options import said_by, said_why
from plait.cli.identity.print_effect import print_effect

if TYPE_CHECKING:
    from plait.identity.assertions.assertion_effect import AssertionEffect


def assert_accounts(
    kind: Literal["link", "unlink"],
    texts: tuple[str, str],
    who: str | None,
    why: str,
    *,
    url: str | None,
    dry_run: bool,
    config: Path,
    as_json: bool,
) -> None:
    """Writes a link or an unlink to the identity log, or posts it; prints what it changes."""
    from plait.config import load_config
    from plait.identity.assertions.assert_pair import assert_pair, check_link, say_place
    from plait.identity.assertions.assertion import Assertion
    from plait.identity.assertions.assertion_effect import find_effect
    from plait.identity.assertions.identity_log import read_history
    from plait.identity.assertions.name_account import BadAccount, name_account
    from plait.identity.standing_links import standing_links, standing_with
    from plait.privacy.pseudonym import load_key
    from plait.store import Store
    from plait.store.require_writable import require_writable

    by, reason = said_by(who), said_why(why)
    project = load_config(config)
    store, key = Store(project.store_uri), load_key(project)
    standing = standing_links(read_history(store).assertions)
    one, two = (name_account(text, project, key, store, standing) for text in texts)
    if one[0] == two[0]:
        raise BadAccount("both are the same account.", fix="Name two accounts.")
    said = Assertion(kind, one, two, kind == "link", by, reason)
    if url is not None:
        from plait.cli.identity.post_assertion import post_assertion

        answer = post_assertion(url, kind, texts, by, reason, dry_run=dry_run)
        typer.echo(json.dumps(answer) if as_json else _posted(kind, answer))
        return
    if not dry_run:
        require_writable(store)
    most = project.people.max_accounts
    found = assert_pair(store, said, dry_run=True)  # before anything is written
    then = standing_with(standing, said)
    effect = find_effect(store, (one, two), then, most)
    if kind == "link":
        check_link(effect, then, (one, two), most)
    if not dry_run:
        found = assert_pair(store, said)
    place = say_place(found.place) if found.place else None
    if as_json:
        record: dict[str, Any] = {
            "kind": kind,
            "accounts": [one[0], two[0]],
            "who": by,
            "why": reason,
        }
        record |= {"place": place, "already": found.already, "written": not dry_run}
        typer.echo(json.dumps(record | {"next_fuse": effect.as_json()}))
        return
    _print_asserted(kind, place, effect, already=found.already, dry_run=dry_run)


def _print_asserted(
    kind: str, place: str | None, effect: AssertionEffect, *, already: bool, dry_run: bool
) -> None:
    if already:
        typer.echo(f"The log says so already, at {place}. Nothing was written.")
    elif dry_run:
        typer.echo(f"Dry run of {kind}: nothing was written.")
    else:
        typer.echo(f"Written to the identity log at {place}. It counts from the next `plait fuse`.")
        typer.echo(f"To undo it: plait identity undo {place} --why ...")
    print_effect(effect)


def _posted(kind: str, answer: dict[str, Any]) -> str:
    done = "would be" if answer.get("dry_run") else "is"
    if kind == "link":
        return f"Posted: both accounts {done} person {answer['person_id']}, at once."
    when = {"now": "at once", "next_fuse": "at the next fuse"}
    said = when.get(answer["effective"], answer["effective"])
    return f"Posted: the accounts {done} apart {said}: persons {', '.join(answer['person_ids'])}."
