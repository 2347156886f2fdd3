"""Records are taken from the rows that are read for keys."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from plait.config.parse_project import parse_config
from plait.errors import UnknownColumn
from plait.identity.probabilistic.read_records import gather_records, read_records
from plait.sources.files.find_files import find_files
from plait.sources.read_platform import link_attributes, read_accounts


def _read(folder: Path, columns: dict[str, object]) -> pl.DataFrame:
    events = {"columns": {"account": "id", "item": "i", "time": "t"}, "type": "view"}
    raw = {
        "store": ".plait",
        "people": {"link": {"columns": columns}},
        "platforms": {
            "shop": {
                "events": {"files": "e.csv", **events},
                "accounts": {"files": "a.csv", "account": "id", "keys": {"email": "mail"}},
            }
        },
    }
    project = parse_config(raw, folder=folder)
    accounts = project.platforms["shop"].accounts
    assert accounts is not None
    [file] = find_files(project, accounts.files, None, "platforms.shop.accounts", otherwise="csv")
    attributes = link_attributes(project.people.link, "shop")
    parts = [
        read_records(raw, raw["account"], "shop", accounts.null_words)
        for raw in read_accounts(file, accounts, attributes)
    ]
    return gather_records(parts)


def test_values_are_read_with_the_keys(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,mail,last,town\n1,a@b.org, Smith ,NA\n2,,Jones,Bern\n")
    records = _read(tmp_path, {"surname": "last", "city": {"shop": "town"}})
    assert records.rows(named=True) == [
        {"account": "1", "platform": "shop", "surname": "Smith", "city": None},
        {"account": "2", "platform": "shop", "surname": "Jones", "city": "Bern"},
    ]


def test_a_missing_column_names_its_setting(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,mail,last\n1,a@b.org,Smith\n")
    with pytest.raises(UnknownColumn, match=r"Set people\.link\.columns\.surname\.shop: last"):
        _read(tmp_path, {"surname": {"shop": "lastt"}})
