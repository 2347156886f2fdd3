"""A second fuse reads what is new and rewrites what that touches; or says why it cannot."""

from __future__ import annotations

import json
import os
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import plait.fusion.stages.find_inputs
from plait.contracts.store_tables import TABLES
from plait.errors import BadKey
from plait.fusion.kernels.row_kernel import FusionRowKernel
from plait.identity.assertions.undo import undo_assertion
from plait.privacy.pseudonym import account_pseudonym, event_pseudonym, load_key
from plait.store import Store
from plait.store.table_files import bucket_of_file

from .small import Fuse, Fused, copy_fused, fuse_in, platform

PEOPLE = [f"u{n}" for n in range(40)]
BUCKETS = 16


@pytest.fixture(autouse=True)
def many_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: BUCKETS)


def _write(folder: Path, name: str, *rows: str) -> None:
    (folder / name).write_text("\n".join(["id,user,item,time", *rows]) + "\n")


@pytest.fixture(scope="module")
def once_fused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 people with an event each, on the first of two days."""
    folder = tmp_path_factory.mktemp("fused")
    rows = [f"{n},{who},i{n % 5},{1700000000 + n}" for n, who in enumerate(PEOPLE)]
    _write(folder, "shop-1.csv", *rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: BUCKETS)
        _again(partial(fuse_in, folder))
    return folder


@pytest.fixture
def fused(once_fused: Path, folder: Path, fuse_here: Fuse) -> Fused:
    return copy_fused(once_fused, folder, lambda: _again(fuse_here))


def _again(fuse_here: Fuse, **more: Any) -> Fused:
    outer = {name: more.pop(name) for name in ("full", "people", "sequence_length") if name in more}
    return fuse_here({"shop": platform("shop-*.csv", columns={"event_id": "id"}, **more)}, **outer)


def _files(fused: Fused, table: str) -> dict[int, set[str]]:
    """Returns the paths of a table's files by bucket."""
    found: dict[int, set[str]] = {}
    for part in fused.store.parts(table, fused.version):
        found.setdefault(bucket_of_file(part), set()).add(part.path)
    return found


def _bucket(fused: Fused, who: str) -> int:
    account = account_pseudonym(pl.Series([who]), load_key(fused.project), "shop")[0]
    return int(fused.accounts.filter(account=account)["bucket"][0])


def _rewritten(before: Fused, after: Fused, table: str) -> set[int]:
    one, two = _files(before, table), _files(after, table)
    return {bucket for bucket in {*one, *two} if one.get(bucket) != two.get(bucket)}


def test_only_new_files_are_read_and_only_their_buckets_rewritten(
    folder: Path, fused: Fused, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    step = FusionRowKernel.read
    monkeypatch.setattr(
        FusionRowKernel, "read", lambda self, split: read.append(split.name) or step(self, split)
    )
    _write(folder, "shop-2.csv", "100,u3,i9,1700000500")
    again = _again(fuse_here)
    assert read == ["shop-2.csv"]
    assert again.version.run == {
        "mode": "incremental", "why": "", "files": 1, "rows": 1, "buckets": BUCKETS,
        "rewritten": 1,
    }  # fmt: skip
    for table in ("events", "sequences"):
        assert _rewritten(fused, again, table) == {_bucket(fused, "u3")}
    assert again.events.height == again.version.counts["events"] == len(PEOPLE) + 1
    assert [record["path"] for record in again.version.inputs] == ["shop-1.csv", "shop-2.csv"]
    assert fused.events.height == len(PEOPLE)


def test_nothing_new_publishes_nothing(fused: Fused, fuse_here: Fuse) -> None:
    again = _again(fuse_here)
    assert again.version.number == fused.version.number
    assert again.version.run["mode"] == "none"
    assert again.store.numbers() == [1]
    assert _again(fuse_here, full=True).version.number == 2


def test_late_and_corrected_rows_end_as_in_a_full_run(
    folder: Path, fused: Fused, fuse_here: Fuse
) -> None:
    _write(
        folder, "shop-2.csv",
        "200,u1,i0,1690000000",  # before anything else
        "2,u2,i4,1700009999",  # event 2 again, later and of another item
        "3,u9,i4,1700009999",  # another's event 3
        "4,u4,i1,1600000000",  # event 4 again, but earlier
    )  # fmt: skip
    part = _again(fuse_here)
    assert part.version.run["mode"] == "incremental"
    entry = part.platform("shop")
    assert (entry["rows"], entry["events"], entry["superseded"]) == (44, 42, 2)
    assert _object(part, "u2", "2") == "shop:i4"
    assert _object(part, "u9", "3") == "shop:i4"
    assert _object(part, "u3", "3") == _object(fused, "u3", "3")
    assert _object(part, "u4", "4") == _object(fused, "u4", "4") != "shop:i1"
    first = part.sequences.filter(pl.col("total") == 2)["item"].to_list()
    assert ["shop:i0", "shop:i1"] in first
    _same(part, _again(fuse_here, full=True))


def _account(fused: Fused, who: str) -> str:
    return str(account_pseudonym(pl.Series([who]), load_key(fused.project), "shop")[0])


def _object(fused: Fused, who: str, event: str) -> str:
    key, account = load_key(fused.project), pl.lit(_account(fused, who))
    (name,) = pl.select(event_pseudonym(pl.lit(event), account, key, "shop")).to_series()
    return str(fused.events.filter(event_id=name)["object_id"].item())


def _same(one: Fused, two: Fused) -> None:
    for table, contract in TABLES.items():
        names = [n for n in contract.columns if not contract.polars[n].is_nested()]
        first, second = (getattr(fused, table).sort(names) for fused in (one, two))
        assert first.equals(second), table


def _link(folder: Path, fused: Fused, one: str, two: str) -> None:
    links = folder / "store" / "feedback" / "links"
    links.mkdir(parents=True)
    pl.DataFrame(
        {
            "account_a": _account(fused, one), "platform_a": "shop",
            "account_b": _account(fused, two), "platform_b": "shop",
        }
    ).write_parquet(links / "1.parquet")  # fmt: skip


def _pair(fused: Fused, together: bool) -> tuple[str, str]:
    """Returns two people who lie together in one bucket, or apart."""
    places = {who: _bucket(fused, who) for who in PEOPLE}
    pairs = combinations(PEOPLE, 2)
    return next((a, b) for a, b in pairs if (places[a] == places[b]) == together)


@pytest.mark.parametrize("together", [True, False])
def test_people_who_turn_out_to_be_one_are_rewritten_in_one_bucket(
    folder: Path, fused: Fused, fuse_here: Fuse, together: bool
) -> None:
    one, two = _pair(fused, together)
    _link(folder, fused, one, two)
    joined = _again(fuse_here)
    assert joined.version.run["mode"] == "incremental"
    assert joined.version.run["rewritten"] == (1 if together else 2)
    assert _bucket(joined, one) == _bucket(joined, two)
    assert joined.version.counts["people"] == len(PEOPLE) - 1
    assert joined.sequences.filter(total=2).height == 1
    assert joined.events["person"].n_unique() == len(PEOPLE) - 1
    # And a row of theirs that comes later still finds them, wherever its own bits point.
    for n, who in enumerate((one, two)):
        _write(folder, f"shop-{n + 2}.csv", f"10{n},{who},i9,170000050{n}")
        later = _again(fuse_here)
        assert later.version.run["rewritten"] == 1
    assert later.sequences.filter(total=4).height == 1
    _same(later, _again(fuse_here, full=True))


def test_people_whose_link_is_undone_are_told_apart(
    folder: Path, fused: Fused, fuse_here: Fuse
) -> None:
    one, two = _pair(fused, together=True)
    _link(folder, fused, one, two)
    assert _again(fuse_here).people.height == len(PEOPLE)
    undo_assertion(fused.store, 1, 1, "me", "a mistake")
    again = _again(fuse_here)
    assert (again.version.run["mode"], again.version.run["rewritten"]) == ("incremental", 1)
    assert again.events["person"].n_unique() == len(PEOPLE)
    _same(again, _again(fuse_here, full=True))


def test_items_of_a_new_catalogue_need_no_bucket(
    folder: Path, fused: Fused, fuse_here: Fuse
) -> None:
    def listing(title: str) -> Fused:
        (folder / "items.csv").write_text(f"id,name\ni1,{title}\n")
        columns = {"item": "id", "title": "name"}
        return _again(fuse_here, catalogue={"files": "items.csv", "columns": columns})

    assert listing("one").version.run["mode"] == "incremental"
    again = listing("another")
    assert (again.version.run["mode"], again.version.run["rewritten"]) == ("incremental", 0)
    assert again.items.filter(item="shop:i1").select("title", "events").rows() == [("another", 8)]
    assert again.events.height == len(PEOPLE)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"keep": "time > '2020-01-01'"}, "settings changed: platforms.shop.events.keep"),
        ({"sequence_length": 3}, "settings changed: sequence_length"),
        ({"k_core": 1}, "settings changed: platforms.shop.events.k_core"),
    ],
)
def test_other_settings_need_all_rows(
    folder: Path, fused: Fused, fuse_here: Fuse, change: dict[str, Any], why: str
) -> None:
    again = _again(fuse_here, **change)
    assert again.version.run["mode"] == "full"
    assert again.version.run["why"] == why
    assert again.version.run["rows"] == len(PEOPLE)


def test_a_k_core_needs_all_events(folder: Path, fuse_here: Fuse) -> None:
    _write(folder, "shop-1.csv", "1,ann,i1,1700000000", "2,ann,i1,1700000100")
    _again(fuse_here, k_core=2)
    _write(folder, "shop-2.csv", "3,bob,i1,1700000200", "4,bob,i1,1700000300")
    again = _again(fuse_here, k_core=2)
    assert again.version.run["why"] == "k_core needs all events"
    assert again.version.counts["events"] == 4


def test_another_key_needs_all_rows(
    fused: Fused, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = (fused.project.store_path / "pseudonym.key").read_text() + "x" * 64
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", keys)
    assert _again(fuse_here).version.run["why"] == "settings changed: pseudonyms.key"


def test_a_key_without_the_older_one_is_refused(
    fused: Fused, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "x" * 64)
    with pytest.raises(BadKey, match="store version 1 has pseudonyms of the key"):
        _again(fuse_here)
    assert fused.store.current().number == 1


def test_a_file_that_changed_or_went_needs_all_rows(
    folder: Path, fused: Fused, fuse_here: Fuse
) -> None:
    _write(folder, "shop-2.csv", "100,u3,i9,1700000500")
    _again(fuse_here)
    os.utime(folder / "shop-2.csv", (1, 1))
    assert _again(fuse_here).version.run["why"] == "shop-2.csv changed"
    (folder / "shop-2.csv").unlink()
    gone = _again(fuse_here)
    assert gone.version.run["why"] == "shop-2.csv is missing"
    assert gone.events.height == len(PEOPLE)


def test_logs_that_outgrow_their_buckets_are_laid_out_anew(
    folder: Path, fused: Fused, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(folder, "shop-2.csv", "100,u3,i9,1700000500")
    monkeypatch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: BUCKETS * 4)
    again = _again(fuse_here)
    assert again.version.run["why"] == "the logs outgrew 16 buckets (64 are needed)"
    assert again.version.buckets == again.version.run["buckets"] == 64


def test_bad_rows_come_to_those_in_quarantine(folder: Path, fused: Fused, fuse_here: Fuse) -> None:
    for day in (2, 3):
        _write(folder, f"shop-{day}.csv", f"{day},,i9,1700000500", f"2{day}0,u1,i1,soon")
        again = _again(fuse_here)
        assert again.version.run["mode"] == "incremental"
        assert again.quarantine.height == (day - 1) * 2
    assert again.platform("shop")["quarantined"] == {"bad_time": 2, "null_account": 2}
    assert again.events.height == len(PEOPLE)


@pytest.mark.parametrize("full", [False, True])
def test_a_run_killed_before_it_published_confuses_nobody(
    folder: Path, fused: Fused, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    """Its tables are committed, ahead of what any version names."""
    _write(folder, "shop-2.csv", "100,u3,i9,1700000500", ",,,", "2,u2,i4,1700009999")
    publish = Store.publish
    monkeypatch.setattr(Store, "publish", _killed)
    with pytest.raises(KeyboardInterrupt):
        _again(fuse_here, full=full)
    monkeypatch.setattr(Store, "publish", publish)
    assert fused.store.current().tables == fused.version.tables
    assert fused.events.height == len(PEOPLE)
    # The file it had read is another by now.
    _write(folder, "shop-2.csv", "300,u5,i9,1700000500")
    again = _again(fuse_here)
    assert again.version.run["mode"] == "incremental"
    assert again.events.height == len(PEOPLE) + 1
    assert again.quarantine.height == 0
    assert _rewritten(fused, again, "events") == {_bucket(fused, "u5")}
    _same(again, _again(fuse_here, full=True))


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_what_a_version_says_of_itself_survives_json(fused: Fused) -> None:
    record = json.loads(json.dumps(fused.version.to_record()))
    assert record["settings"]["platforms.shop.events.time.unit"] == "s"
    assert "files" not in json.dumps(record["settings"])
    assert (record["contract"], record["buckets"]) == (3, BUCKETS)
