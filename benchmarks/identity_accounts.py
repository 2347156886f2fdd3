"""Splits customers of two shops into two accounts with noisy identifiers; holds out targets.

The records are made by tests/made_people.py. The files are written once, and every project reads
the same: `user` is the true id, `account` the one that differs between the shops.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.made_people import Errors, make_people

SHOPS = ("beauty", "electronics")
COLUMNS = ("given_name", "surname", "birth_date", "city", "email", "phone")
ERRORS = Errors(typo=0.15, missing=0.25, swap=0.03, date=0.15, move=0.15, contact=0.4)
SHARED = 0.2  # people with the e-mail address and the phone of their household
REVIEW_FROM = 0.01


@dataclass(frozen=True)
class Accounts:
    """Two accounts of each of N people.

    Attributes:
        folder: has SHOP.csv (user, account, item, time, order), SHOP_accounts.csv (account,
            COLUMNS), SHOP_items.csv (item), and the truth of both kinds of ids: truth_user.csv and
            truth_account.csv (platform, account, person).
        targets: user, number, platform, item (platform:id), time, order: the last event of each
            account, which is not in SHOP.csv. People are numbered at random, from 0.
        touched: number, item (platform:id) of all events, the targets included.
    """

    folder: Path
    targets: pl.DataFrame
    touched: pl.DataFrame


def split_people(data: Path, folder: Path, people: int | None, seed: int) -> Accounts:
    """Returns the accounts of `people` of the customers of the shops in `data`; None: of all."""
    logs = {shop: pl.read_csv(data / f"{shop}.csv.gz") for shop in SHOPS}
    both = set(logs[SHOPS[0]]["user_id"]) & set(logs[SHOPS[1]]["user_id"])
    users = np.random.default_rng(seed).permutation(sorted(both))[:people]
    records, truth = make_people(len(users), (2, 2), ERRORS, seed, COLUMNS, 2, SHARED)
    number = pl.col("person").str.extract(r"(\d+)$").cast(pl.Int64).alias("number")
    names = pl.DataFrame({"user": users}).with_row_index("number").cast({"number": pl.Int64})
    owners = truth.select("account", number).join(names, on="number")
    records = records.join(owners, on="account")
    targets, touched = [], []
    for place, shop in enumerate(SHOPS):
        mine = records.filter(pl.col("platform") == f"p{place}")
        mine.select("account", *COLUMNS).write_csv(folder / f"{shop}_accounts.csv")
        events = logs[shop].rename(
            {"user_id": "user", "item_id": "item", "timestamp": "time", "position": "order"}
        )
        events = events.join(mine.select("user", "number", "account"), on="user")
        events = events.sort("user", "time", "order")
        events.select("item").unique().sort("item").write_csv(folder / f"{shop}_items.csv")
        last = pl.int_range(pl.len()).over("user") == pl.len().over("user") - 1
        events.filter(~last).drop("number").write_csv(folder / f"{shop}.csv")
        named = events.with_columns(item=shop + ":" + pl.col("item"), platform=pl.lit(shop))
        targets.append(named.filter(last).drop("account"))
        touched.append(named.select("number", "item"))
    for kind in ("user", "account"):
        shop_of = pl.col("platform").replace_strict({"p0": SHOPS[0], "p1": SHOPS[1]})
        rows = records.select(shop_of, account=kind, person="user")
        rows.write_csv(folder / f"truth_{kind}.csv")
    return Accounts(folder, pl.concat(targets).sort("platform", "user"), pl.concat(touched))


def write_project(
    made: Accounts, name: str, account: str = "account", people: dict[str, Any] | None = None
) -> Path:
    """Returns the project file of the store `name`, whose accounts are the column `account`."""
    platforms = {}
    for shop in SHOPS:
        columns = {"account": account, "item": "item", "time": "time", "order": "order"}
        platforms[shop] = {
            "kind": "shop",
            "events": {
                "files": f"{shop}.csv",
                "columns": columns,
                "time": {"unit": "s", "resolution": "day"},
                "type": "purchase",
            },
            # All items are candidates, also those that only targets have.
            "catalogue": {"files": f"{shop}_items.csv", "columns": {"item": "item"}},
        }
        if people and "link" in people:
            platforms[shop]["accounts"] = {"files": f"{shop}_accounts.csv", "account": "account"}
    project = {"store": f".{name}", "sequence_length": 200, "platforms": platforms}
    file = made.folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(project | ({"people": people} if people else {})))
    return file


def link_people(threshold: float) -> dict[str, Any]:
    """Returns the section `people` that joins accounts by records that are alike."""
    link = {"columns": {name: name for name in COLUMNS}, "threshold": threshold}
    return {"link": link | {"review_from": min(REVIEW_FROM, threshold)}}
