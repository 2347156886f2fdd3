"""Projects whose platforms have records of accounts, and no events or events only later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import plait.identity.components.find_components
from plait.checks.check_logs import check_logs
from plait.errors import ConfigError, TooFewEvents
from plait.fusion.preview_logs import preview_logs
from plait.identity.raw_records import persons_of_records, values_of
from plait.identity.report.identity_report import make_report
from plait.identity.stored_people import StoredPeople
from plait.privacy.pseudonym import load_key
from plait.store.require_events import require_events
from tests.unit.fusion.small import Fused, fuse_in, platform

CRM = "id,mail,phone\nc1,ann@x.org,+4915112345678\nc2,bob@x.org,\nc3,,+4915223456789\n"
SHOP = "id,mail\n s1 ,ANN@x.org\ns2,zed@x.org\n,none@x.org\n"


def _records(files: str, **keys: str) -> dict[str, Any]:
    return {"files": files, "account": "id", "keys": keys}


def _platforms(**more: Any) -> dict[str, Any]:
    crm = {"accounts": _records("crm.csv", email="mail", phone="phone")}
    return {"crm": crm, "shop": {"accounts": _records("shop.csv", email="mail")} | more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "crm.csv").write_text(CRM)
    (tmp_path / "shop.csv").write_text(SHOP)
    return tmp_path


def _persons(fused: Fused) -> dict[str, str]:
    """Returns the person of each raw id."""
    people = StoredPeople(fused.store, fused.version)
    found = persons_of_records(fused.project, load_key(fused.project), people)
    return {f"{p}:{a}": person for p, a, person in found.iter_rows()}


def test_records_are_resolved_without_events(folder: Path) -> None:
    fused = fuse_in(folder, _platforms())
    persons = _persons(fused)
    assert set(persons) == {"crm:c1", "crm:c2", "crm:c3", "shop:s1", "shop:s2"}
    assert persons["crm:c1"] == persons["shop:s1"]
    assert len(set(persons.values())) == 4
    assert fused.events.is_empty()
    assert fused.identity_edges["rule"].to_list() == ["email"]
    assert fused.platform("shop")["quarantined"] == {}
    assert fused.version.counts["people"] == 4
    with pytest.raises(TooFewEvents, match="only records of accounts"):
        require_events(fused.version)


def test_edges_that_do_not_fit_in_memory_give_the_same_people_and_tell_their_rounds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory = fuse_in(folder, _platforms())
    assert "rounds" not in in_memory.version.run
    monkeypatch.setattr(plait.identity.components.find_components, "IN_MEMORY_EDGES", 0)
    by_bucket = fuse_in(folder, _platforms(), full=True)
    assert by_bucket.version.run["rounds"] == 1
    assert _persons(by_bucket) == _persons(in_memory)
    report = make_report(StoredPeople(by_bucket.store, by_bucket.version))
    assert report.rounds == 1


def test_nothing_new_publishes_nothing_and_new_records_keep_the_ids(folder: Path) -> None:
    first = _persons(fuse_in(folder, _platforms()))
    assert fuse_in(folder, _platforms()).version.run["mode"] == "none"
    (folder / "crm.csv").write_text(CRM + "c4,zed@x.org,+4915223456789\n")
    again = fuse_in(folder, _platforms())
    assert again.version.number == 2
    now = _persons(again)
    assert now["crm:c1"] == first["crm:c1"]
    assert now["crm:c4"] == now["shop:s2"] == now["crm:c3"]
    assert now["crm:c3"] in (first["crm:c3"], first["shop:s2"])


def test_events_that_come_later_belong_to_the_same_persons(folder: Path) -> None:
    first = _persons(fuse_in(folder, _platforms()))
    (folder / "log.csv").write_text("user,item,time\ns1,i1,1700000000\nnew,i2,1700000001\n")
    fused = fuse_in(folder, _platforms(**platform("log.csv")))
    assert {name: p for name, p in _persons(fused).items() if name in first} == first
    assert fused.events["person"].to_list().count(first["shop:s1"]) == 1
    assert fused.people.filter(pl.col("merged_into").is_null()).height == 5


def test_records_of_one_id_space_know_their_home(folder: Path) -> None:
    (folder / "shop.csv").write_text("id,mail\nc1,\nc9,\n")
    fused = fuse_in(folder, _platforms(), people={"same_account_id": [["crm", "shop"]]})
    persons = _persons(fused)
    assert persons["crm:c1"] == persons["shop:c1"]
    people = StoredPeople(fused.store, fused.version)
    edges = people.edges_between(people.accounts_of([persons["crm:c1"]]))
    assert edges["rule"].to_list() == ["same_account_id"]


def test_the_raw_values_of_accounts_are_read_from_their_files(folder: Path) -> None:
    fused = fuse_in(folder, _platforms())
    account = fused.accounts.filter(pl.col("platform") == "crm")["account"][0]
    values = values_of(fused.project, load_key(fused.project), "crm", [account])
    assert values.columns == ["pseudonym", "key:email", "key:phone"]
    assert values["pseudonym"].to_list() == [account]


def test_a_check_looks_at_records_and_a_dry_run_at_logs(folder: Path) -> None:
    project = fuse_in(folder, _platforms()).project
    (finding,) = [found for found in check_logs(project) if found.rule == "shared people"]
    assert finding.level == "PASS"
    assert "crm and shop: 1" in finding.headline
    assert preview_logs(project) == {}


@pytest.mark.parametrize("settings", [{}, {"kind": "shop"}])
def test_a_platform_needs_events_or_accounts(folder: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="neither events nor accounts"):
        fuse_in(folder, {"shop": settings})


def test_an_empty_list_of_logs_is_a_mistake(folder: Path) -> None:
    with pytest.raises(ConfigError, match="names no log"):
        fuse_in(folder, _platforms(events=[]))


def test_records_without_a_key_are_joined_by_their_ids(folder: Path) -> None:
    (folder / "shop.csv").write_text("id\nc1\n")
    platforms = {name: {"accounts": _records(f"{name}.csv")} for name in ("crm", "shop")}
    fused = fuse_in(folder, platforms, people={"same_account_id": [["crm", "shop"]]})
    persons = _persons(fused)
    assert persons["crm:c1"] == persons["shop:c1"]
    assert fused.version.counts["people"] == 3
    assert [finding.level for finding in check_logs(fused.project)] == ["PASS"]
