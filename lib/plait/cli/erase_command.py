"""`plait erase`: erases an account or a person everywhere, and says how far that is."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, output_console
from plait.say_count import say_count

if TYPE_CHECKING:
    from plait.fusion.erase_in_store import ErasurePlan
    from plait.store import Store
    from plait.store.erasures.receipt import Receipt

_ALL = "all"


def erase(
    platform: Annotated[
        str | None,
        typer.Option(help="The platform of the account. Default: none. Example: --platform shop"),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(
            help="The account id as the platform writes it; only this account is erased. Default: "
            "none. Example: --account u-17"
        ),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(
            help="The person id; the person is erased with all accounts. Default: none. Example: "
            "--person p_0a1b2c3d4e5f60718293a4b5c6d7e8f9"
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            help="Send the erasure to this endpoint, which forgets at once, with the key in "
            "PLAIT_API_KEY. Default: write it into the store. Example: --url http://127.0.0.1:8000"
        ),
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            help="Show this receipt, or all of them, and erase nothing. Default: none. Example: "
            "--status all"
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be erased, and erase nothing.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Erase an account, or a person with all accounts: now, at the next fuse, and by gc."""
    from plait.config import load_config
    from plait.store import Store

    project = load_config(config)
    store = Store(project.store_uri)
    if status is not None:
        _show(_receipts(store, status), as_json)
        return
    if (person is None) == (platform is None and account is None) or (
        person is None and (platform is None or account is None)
    ):
        raise typer.BadParameter("give either --platform and --account, or --person.")
    if url is not None and not dry_run:
        path = f"persons/{quote(person, safe='')}" if person is not None else (
            f"accounts/{quote(platform or '', safe='')}/{quote(account or '', safe='')}"
        )  # fmt: skip
        record = _send(url, path)
        typer.echo(json.dumps(record, indent=2) if as_json else f"receipt {record['id']}")
        return
    from plait.fusion.erase_in_store import erase_in_store, plan_account, plan_person

    plan = (
        plan_person(store, person)
        if person is not None
        else plan_account(project, store, platform or "", account or "")
    )
    if dry_run:
        _show_plan(plan, as_json)
        return
    _show([erase_in_store(store, plan)], as_json)
    if not as_json:
        typer.echo(
            "An endpoint that runs forgets with the next store version: run `plait fuse`. To make "
            "it forget at once, use --url."
        )


def _receipts(store: Store, name: str) -> list[Receipt]:
    from plait.store.erasures.receipt import read_receipt, read_receipts
    from plait.store.erasures.update_receipts import look_at_places

    found = read_receipts(store) if name == _ALL else [read_receipt(store, name)]
    return [look_at_places(store, one) for one in found]


def _send(url: str, path: str) -> dict[str, object]:
    import httpx

    from plait.errors import PlaitError

    key = os.environ.get("PLAIT_API_KEY", "").split()
    headers = {"X-API-Key": key[0]} if key else {}
    where = f"{url.rstrip('/')}/v1/{path}"
    try:
        reply = httpx.delete(where, headers=headers, timeout=60)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PlaitError(
            f"the endpoint at '{url}' does not answer ({error}). Nothing is erased yet.",
            fix="Correct --url, or leave it out to write the erasure into the store.",
        ) from None
    if reply.status_code != httpx.codes.ACCEPTED:
        raise PlaitError(
            f"the endpoint at '{url}' returned {reply.status_code}: {reply.text[:300]}",
            fix="Set PLAIT_API_KEY to a key with the scope privacy, or leave out --url.",
        )
    record: dict[str, object] = reply.json()
    return record


def _show_plan(plan: ErasurePlan, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"accounts": plan.accounts, "events": plan.events}))
        return
    typer.echo(
        f"{say_count(plan.accounts, 'account')} with {say_count(plan.events, 'event')} in the "
        "current store version would be erased."
    )


def _show(receipts: list[Receipt], as_json: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    if as_json:
        records = [receipt.record() for receipt in receipts]
        typer.echo(json.dumps(records[0] if len(records) == 1 else records, indent=2))
        return
    for receipt in receipts:
        title = f"{receipt.id}, {say_count(receipt.accounts, 'account')}, {receipt.requested}"
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
        for heading in ("place", "state", "at", "what"):
            table.add_column(heading)
        for name, place in receipt.places.items():
            table.add_row(name, place.state, place.at, place.what)
        output_console().print(table)
    if not receipts:
        typer.echo("Nothing was erased yet.")
