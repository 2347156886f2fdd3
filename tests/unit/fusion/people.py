"""A project of two platforms whose accounts have identity keys, and what is said of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from plait.config.parse_project import parse_config
from plait.contracts.store_tables import TABLES
from plait.identity.assertions.identity_log import open_log
from plait.identity.assertions.undo import undo_assertion
from plait.live.stream_entries import decode_links, encode_link, encode_unlink
from plait.privacy.pseudonym import account_pseudonym
from plait.privacy.pseudonym_key import load_key
from plait.store import Store

from .small import Fused, fuse_in, platform

PLATFORMS = ("shop", "video")
KEYS = ("email", "phone", "device")
NOBODIES = 2  # accounts without events and keys: each accounts file has one
_SAID = datetime(2024, 1, 1, tzinfo=UTC)
Account = tuple[str, str]  # platform, raw id


class People:
    """A project in a folder: each account has one event, and the keys that it is given."""

    def __init__(self, folder: Path, accounts: Iterable[Account]) -> None:
        self.folder, self.keys = folder, dict[Account, dict[str, str]]()
        self.links = folder / "store/feedback/links"
        self.said = 0
        logs: dict[str, list[str]] = {name: ["user,item,time"] for name in PLATFORMS}
        for n, (on, who) in enumerate(accounts):
            logs[on].append(f"{who},i{n % 5},{1700000000 + n}")
        for name, rows in logs.items():
            (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")

    def pseudonym(self, account: Account) -> str:
        """Returns the pseudonym of an account."""
        on, who = account
        logs = {name: platform(f"{name}.csv") for name in PLATFORMS}
        project = parse_config({"store": "store", "platforms": logs}, folder=self.folder)
        return str(account_pseudonym(pl.Series([who]), load_key(project), on)[0])

    def hold(self, account: Account, **keys: str) -> None:
        """Gives an account values of keys."""
        self.keys.setdefault(account, {}).update(keys)

    def link(self, one: Account, two: Account, joined: bool = True) -> Path:
        """Links or unlinks two accounts; returns the object of the feedback log."""
        ends = [(self.pseudonym(account), account[0]) for account in (one, two)]
        self.said += 1
        rows = decode_links([(encode_link if joined else encode_unlink)(ends[0], ends[1], _SAID)])
        self.links.mkdir(parents=True, exist_ok=True)
        rows.write_parquet(file := self.links / f"{self.said}-0_{self.said}-9.parquet")
        return file

    def undo(self) -> None:
        """Undoes what was said last."""
        store = Store(self.folder / "store")
        last = open_log(store).read().entries[-1]
        undo_assertion(store, last.number, len(last.payloads) - 1, "ann", "a mistake")

    def write_accounts(self) -> dict[str, Any]:
        """Writes the accounts files; returns the platforms."""
        platforms = {}
        for name in PLATFORMS:
            rows = [",".join(["id", *KEYS]), "nobody,,,"]
            rows += [
                ",".join([who, *(held.get(key, "") for key in KEYS)])
                for (on, who), held in sorted(self.keys.items())
                if on == name
            ]
            (file := self.folder / f"{name}who.csv").write_text("\n".join(rows) + "\n")
            os.utime(file, (1, 1))
            accounts = {"files": file.name, "account": "id", "keys": {key: key for key in KEYS}}
            platforms[name] = platform(f"{name}.csv", accounts=accounts)
        return platforms

    def fuse(self, *, full: bool = False, **people: Any) -> Fused:
        """Fuses the project, with settings of people."""
        return fuse_in(self.folder, self.write_accounts(), full=full, people=people)


def partition_of(fused: Fused) -> dict[str, str]:
    """Returns the person of each account with events."""
    return dict(fused.accounts.filter(pl.col("events") > 0).select("account", "person").rows())


def groups_of(fused: Fused) -> list[int]:
    """Returns the numbers of accounts of the persons with events, the largest first."""
    return sorted(fused.people.filter(pl.col("events") > 0)["accounts"].to_list(), reverse=True)


def tables_of(fused: Fused) -> dict[str, pl.DataFrame]:
    """Returns all tables but PERSON_CHANGES, in an order of their own.

    Where an account's rows lie is no part of what the tables say.
    """
    tables = {name: getattr(fused, name) for name in TABLES if name != "person_changes"}
    tables["accounts"] = tables["accounts"].drop("bucket")
    return {
        name: table.sort([c for c, kind in table.schema.items() if not kind.is_nested()])
        for name, table in tables.items()
    }
