"""What accounts files said counts after they are gone, if there is a vault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.errors import BadKey, LostVaultKey
from plait.fusion.erase_in_store import erase_in_store, plan_account
from plait.privacy.pseudonym import account_pseudonym
from plait.privacy.pseudonym_key import load_key
from plait.privacy.rotate_key import rotate_key
from plait.privacy.vault import open_vault
from plait.store.erasures.receipt import read_receipt
from plait.store.object_folder import ObjectFolder
from tests.unit.fusion.small import Fuse, Fused, platform

ONE, TWO = "1" * 64, "2" * 64
MAILS = "user,mail\nann,m1\nbob,m2\n"


@pytest.fixture(autouse=True)
def logs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ann and bob buy on two platforms, under other names on the second."""
    monkeypatch.delenv("PLAIT_PSEUDONYM_KEY", raising=False)
    monkeypatch.setenv("PLAIT_VAULT_KEY", ONE)
    (folder / "shop.csv").write_text("user,item,time\nann,i1,1700000000\nbob,i1,1700000100\n")
    (folder / "video.csv").write_text("user,item,time\nA,c1,1700000200\nB,c1,1700000300\n")
    (folder / "who.csv").write_text(MAILS)
    (folder / "also.csv").write_text("user,mail\nA,m1\nB,m2\n")


def _fuse(fuse_here: Fuse, vault: dict[str, Any] | None = {}, **people: Any) -> Fused:  # noqa: B006
    accounts = {"account": "user", "keys": {"mail": "mail"}}
    return fuse_here(
        {
            "shop": platform("shop.csv", accounts={"files": "who.csv"} | accounts),
            "video": platform("video.csv", accounts={"files": "also.csv"} | accounts),
        },
        people=({"vault": vault} if vault is not None else {}) | people,
    )


def _joined(fused: Fused) -> int:
    return int(fused.version.counts["people_on_several"])


def test_accounts_that_no_file_has_any_more_stay_joined(folder: Path, fuse_here: Fuse) -> None:
    assert _joined(_fuse(fuse_here)) == 2
    (folder / "who.csv").write_text("user,mail\nann,m1\n")
    assert _joined(_fuse(fuse_here)) == 2
    assert _joined(_fuse(fuse_here, vault=None)) == 1
    again = _fuse(fuse_here)
    assert again.version.run["mode"] == "incremental"  # a vault is no reason to read all again
    assert _joined(again) == 2
    (folder / "who.csv").write_text("user,mail\nann,m1\nbob,other\n")
    assert _joined(_fuse(fuse_here)) == 1  # what a file says counts
    (folder / "who.csv").write_text("user,mail\nann,m1\n")
    assert _joined(_fuse(fuse_here)) == 1


def test_a_run_writes_only_what_is_new(folder: Path, fuse_here: Fuse) -> None:
    fused = _fuse(fuse_here)
    files = set((fused.project.store_path / "vault").rglob("*.plait"))
    (folder / "who.csv").write_text("user,mail\nbob,m2\nann,m1\n")
    _fuse(fuse_here)
    assert set((fused.project.store_path / "vault").rglob("*.plait")) == files
    (folder / "who.csv").write_text(MAILS + "cid,m3\n")
    _fuse(fuse_here)
    assert len(set((fused.project.store_path / "vault").rglob("*.plait")) - files) == 1
    held = b"".join(file.read_bytes() for file in files)
    assert b"a_" + load_key(fused.project).id.encode() not in held


def test_a_lost_key_ends_the_run_before_it_writes(
    folder: Path, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    fused = _fuse(fuse_here)
    store = fused.project.store_path
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    (folder / "who.csv").write_text("user,mail\nann,other\ncid,m3\n")
    monkeypatch.setenv("PLAIT_VAULT_KEY", TWO)
    with pytest.raises(LostVaultKey):
        _fuse(fuse_here)
    monkeypatch.delenv("PLAIT_VAULT_KEY")
    with pytest.raises(BadKey, match="no master key is given"):
        _fuse(fuse_here)
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before
    monkeypatch.setenv("PLAIT_VAULT_KEY", f"{ONE}\n{TWO}")
    assert _fuse(fuse_here).version.number == 2


def test_the_vault_follows_a_rotation_of_the_pseudonym_keys(folder: Path, fuse_here: Fuse) -> None:
    people = set(_fuse(fuse_here).people["person"])
    (folder / "who.csv").write_text("user,mail\nann,m1\n")
    (folder / "also.csv").write_text("user,mail\nA,m1\nB,m2\n")
    rotate_key(_fuse(fuse_here).project)
    again = _fuse(fuse_here)
    assert _joined(again) == 2
    assert set(again.people["person"]) == people
    (folder / "also.csv").write_text("user,mail\nA,m1\n")
    assert _joined(_fuse(fuse_here)) == 2


def test_keys_and_platforms_that_are_gone_do_not_count(folder: Path, fuse_here: Fuse) -> None:
    _fuse(fuse_here)
    (folder / "who.csv").write_text("user,mail\nann,m1\n")
    assert _joined(_fuse(fuse_here, keys={})) == 0
    accounts = {"files": "who.csv", "account": "user", "keys": {"mail": "mail"}}
    alone = fuse_here({"shop": platform("shop.csv", accounts=accounts)}, people={"vault": {}})
    assert alone.accounts["platform"].unique().to_list() == ["shop"]


def test_an_id_space_that_is_dissolved_joins_nobody(folder: Path, fuse_here: Fuse) -> None:
    (folder / "who.csv").write_text("user,mail\nzoe,\n")
    (folder / "also.csv").write_text("user,mail\nzoe,\n")
    shared = _fuse(fuse_here, same_account_id=[["shop", "video"]])
    assert _joined(shared) == 1
    (folder / "who.csv").write_text("user,mail\nann,m1\n")
    assert _joined(_fuse(fuse_here, same_account_id=[["shop", "video"]])) == 1
    assert _joined(_fuse(fuse_here)) == 0


def test_what_is_removed_from_the_vault_does_not_come_back(folder: Path, fuse_here: Fuse) -> None:
    fused = _fuse(fuse_here)
    (folder / "who.csv").write_text("user,mail\nann,m1\n")
    key = load_key(fused.project)
    vault = open_vault(fused.project, ObjectFolder(fused.store.objects), key)
    assert vault is not None
    assert vault.remove(account_pseudonym(pl.Series(["bob"]), key, "shop")) == 1
    assert _joined(_fuse(fuse_here)) == 1


def test_an_erased_account_leaves_the_vault(folder: Path, fuse_here: Fuse) -> None:
    fused = _fuse(fuse_here)
    plan = plan_account(fused.project, fused.store, "shop", "ann")
    receipt = erase_in_store(fused.store, plan)
    assert receipt.places["vault"].state == "pending"
    again = _fuse(fuse_here)  # the file still has the account
    vault = open_vault(again.project, ObjectFolder(again.store.objects), load_key(again.project))
    assert vault is not None
    assert set(plan.ids).isdisjoint(vault.read()["account"])
    assert vault.read()["account"].n_unique() == 3
    assert read_receipt(again.store, receipt.id).places["vault"].state == "done"
