"""A fuse drops what was erased, from the buckets that it touches, and its counts add up."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import plait.fusion.stages.find_inputs
from plait.fusion.erase_in_store import erase_in_store, plan_account, plan_person
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.privacy.rotate_key import rotate_key
from plait.store.erasures.receipt import read_receipt
from plait.store.table_files import bucket_of_file

from .small import Fuse, Fused, copy_fused, fuse_in, platform
from .test_incremental import BUCKETS, _write


@pytest.fixture(autouse=True)
def many_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: BUCKETS)


def _again(fuse_here: Fuse, **more: Any) -> Fused:
    columns = {"account": "user", "creator": "whom", "time": "time"}
    follows = {"files": "social.csv", "columns": columns, "time": {"unit": "s"}, "type": "follow",
               "creators": "accounts"}  # fmt: skip
    platforms = {
        "shop": platform("shop-*.csv", columns={"event_id": "id"}),
        "video": platform("video-*.csv", columns={"event_id": "id"}),
        "social": {"events": follows},
    }
    return fuse_here(platforms, people={"same_account_id": [list(platforms)]}, **more)


@pytest.fixture(scope="module")
def once_fused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fused")
    shop = [f"{n},u{n % 20},i{n % 5},{1700000000 + n}" for n in range(60)]
    _write(folder, "shop-1.csv", *shop, "90,u3,i1,never", "91,u4,i1,never")
    _write(folder, "video-1.csv", *(f"{n},u{n % 10},v{n % 5},{1700000000 + n}" for n in range(30)))
    follows = ["u3,u4,1700000000", "u15,u3,1700000000", "u16,u4,1700000000"]
    (folder / "social.csv").write_text("user,whom,time\n" + "\n".join(follows) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: BUCKETS)
        _again(partial(fuse_in, folder))
    return folder


@pytest.fixture
def fused(once_fused: Path, folder: Path, fuse_here: Fuse) -> Fused:
    return copy_fused(once_fused, folder, lambda: _again(fuse_here))


def _text(fused: Fused) -> str:
    return "".join(
        fused.store.read(name, fused.version).write_json() for name in fused.version.tables
    )


def _bucket_files(fused: Fused) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for part in fused.store.parts("events", fused.version):
        found.setdefault(bucket_of_file(part), set()).add(part.path)
    return found


def _pseudonym(fused: Fused, who: str, where: str) -> str:
    name: str = account_pseudonym(pl.Series([who]), load_key(fused.project), where)[0]
    return name


def test_a_person_is_dropped_from_the_buckets_that_hold_them_as_in_a_full_run(
    fused: Fused, fuse_here: Fuse
) -> None:
    (before,) = fused.accounts.filter(account=_pseudonym(fused, "u3", "shop")).to_dicts()
    secrets = [_pseudonym(fused, "u3", name) for name in ("shop", "video", "social")]
    secrets.append(before["person"])
    assert all(one in _text(fused) for one in secrets)
    plan = plan_person(fused.store, before["person"])
    assert (plan.accounts, plan.events) == (3, 3 + 3 + 1)
    receipt = erase_in_store(fused.store, plan)
    again = _again(fuse_here)
    # Their bucket, and that of u15, who follows them.
    assert again.version.run["mode"] == "incremental"
    kept = _bucket_files(again)
    changed = {b for b, files in _bucket_files(fused).items() if kept.get(b) != files}
    assert changed == {before["bucket"], *fused.accounts.filter(
        account=_pseudonym(fused, "u15", "social"))["bucket"]}  # fmt: skip
    assert not [one for one in secrets if one[-32:] in _text(again)]
    assert again.platform("shop")["removed"] == {"erased": 4}  # one was in quarantine
    assert again.platform("shop")["quarantined"] == {"bad_time": 1}
    assert again.platform("social")["removed"] == {"erased": 2}
    assert read_receipt(fused.store, receipt.id).version == 2
    assert _again(fuse_here).version.run["mode"] == "none"
    full = _again(fuse_here, full=True)
    assert full.version.counts == again.version.counts
    for name in full.version.tables:
        one, two = (store.store.read(name, store.version) for store in (full, again))
        assert sorted(one.rows(), key=str) == sorted(two.rows(), key=str), name


def test_who_was_erased_stays_out_under_a_newer_key(fused: Fused, fuse_here: Fuse) -> None:
    (before,) = fused.accounts.filter(account=_pseudonym(fused, "u3", "shop")).to_dicts()
    erase_in_store(fused.store, plan_person(fused.store, before["person"]))
    erased = _again(fuse_here)
    rotate_key(fused.project)
    rotated = _again(fuse_here)
    assert rotated.version.run["mode"] == "full"
    for name in ("shop", "video", "social"):
        assert _pseudonym(rotated, "u3", name)[-32:] not in _text(rotated)
        assert rotated.platform(name)["removed"] == erased.platform(name)["removed"]
    assert rotated.version.counts == erased.version.counts


def test_who_comes_back_is_a_new_person_and_the_rest_of_a_person_stays(
    folder: Path, fused: Fused, fuse_here: Fuse
) -> None:
    shop, video = (_pseudonym(fused, "u5", name) for name in ("shop", "video"))
    erase_in_store(fused.store, plan_account(fused.project, fused.store, "shop", "u5"))
    soon, written = (int(datetime.now(UTC).timestamp()) + 3_600 * n for n in (1, 24))
    _write(folder, "shop-2.csv", f"200,u5,i9,{soon}", "201,u5,i8,1700000100")
    os.utime(folder / "shop-2.csv", (written, written))
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    again = _again(fuse_here, now=tomorrow)
    assert again.events.filter(account=shop)["object_id"].to_list() == ["shop:i9"]
    people = dict(again.accounts.select("account", "person").iter_rows())
    # Shared ids join the new events with the other accounts again, which were not erased.
    assert people[shop] == people[video]
    assert f"p_{shop[-32:]}" not in people.values()
    later = _again(fuse_here, now=tomorrow, full=True)
    assert dict(later.accounts.select("account", "person").iter_rows()) == people
    plan = plan_person(later.store, people[video])
    assert set(plan.ids) >= {shop, video, people[video], f"p_{shop[-32:]}"}


def test_an_erasure_of_nobody_rewrites_no_bucket(fused: Fused, fuse_here: Fuse) -> None:
    erase_in_store(fused.store, plan_account(fused.project, fused.store, "shop", "nobody"))
    again = _again(fuse_here)
    assert (again.version.number, again.version.run["rewritten"]) == (2, 0)
    assert _bucket_files(again) == _bucket_files(fused)
    assert _again(fuse_here).version.run["mode"] == "none"
