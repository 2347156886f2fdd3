"""The road on small logs: what comes out, and that every row is accounted for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import plait.fusion.stages.find_inputs
from plait.contracts.store_tables import TABLES
from plait.errors import ConfigError, VersionExists
from plait.features.item_vectors import read_items_with_vectors
from plait.privacy.pseudonym import account_pseudonym, event_pseudonym, load_key
from plait.store import Store

from .small import Fuse, fuse_in, platform

SHOP = """user,item,time
ann,i1,1700000000
bob,i1,1700000100
ann,i2,1700000200
ann,i2,1700000200
,i3,1700000300
bob,i3,soon
"""
VIDEO = """user,item,time
ann,c1,1700000050
cid,c1,1700000150
"""


@pytest.fixture
def logs(folder: Path) -> Path:
    (folder / "shop.csv").write_text(SHOP)
    (folder / "video.csv").write_text(VIDEO)
    return folder


def _both() -> dict[str, dict[str, object]]:
    return {"shop": platform("shop.csv"), "video": platform("video.csv", type="watch")}


SAME = {"people": {"same_account_id": [["shop", "video"]]}}


def test_two_platforms_become_every_table(logs: Path, fuse_here: Fuse) -> None:
    fused = fuse_here(_both(), **SAME)
    assert set(fused.version.tables) == set(TABLES)
    shop = fused.platform("shop")
    assert (shop["rows"], shop["events"], shop["duplicates"]) == (6, 3, 1)
    assert shop["quarantined"] == {"bad_time": 1, "null_account": 1}
    assert fused.version.counts["people"] == 3
    assert fused.version.counts["people_on_several"] == 1
    assert fused.version.counts["events"] == 5
    key = load_key(fused.project)
    ann = account_pseudonym(pl.Series(["ann"]), key, "shop")[0]
    person = fused.accounts.filter(account=ann)["person"][0]
    (sequence,) = fused.sequences.filter(person=person).to_dicts()
    assert sequence["item"] == ["shop:i1", "video:c1", "shop:i2"]
    assert sequence["total"] == 3
    items = fused.items.select("item", "events", "people").rows()
    assert items == [("shop:i1", 2, 2), ("shop:i2", 1, 1), ("video:c1", 2, 2)]
    assert sorted(fused.accounts["rule"]) == [
        "alone",
        "alone",
        "same_account_id",
        "same_account_id",
    ]


def test_what_cannot_be_seen_around_ids_makes_no_other_id(folder: Path, fuse_here: Fuse) -> None:
    """In logs, catalogues and account rows, also of platforms that share their accounts."""
    bare = {
        "log": "user,item,time\nann,i1,1700000000\n",
        "goods": "id,title\ni1,One\n",
        "who": "id,mail\nann,m1\n",
    }
    unseen = {
        "log": "user,item,time\n\u200bann\u00a0,i1\ufeff,1700000000\n",
        "goods": "id,title\n\u2060i1\u200d ,One\n",
        "who": "id,mail\nann\u200c,\u200em1\n",
    }
    for name, texts in {"shop": bare, "video": unseen, "news": unseen}.items():
        for file, text in texts.items():
            (folder / f"{name}_{file}.csv").write_text(text)
    platforms = {
        name: platform(
            f"{name}_log.csv",
            catalogue={"files": f"{name}_goods.csv", "columns": {"item": "id", "title": "title"}},
            accounts={"files": f"{name}_who.csv", "account": "id", "keys": {"mail": "mail"}},
        )
        for name in ("shop", "video", "news")
    }
    fused = fuse_here(platforms, people={"same_account_id": [["shop", "video"]], "keys": ["mail"]})
    assert fused.version.counts["people"] == 1
    assert sorted(fused.accounts["platform"]) == ["news", "shop", "video"]
    named = fused.items.select("item", "title", "events").sort("item").rows()
    assert named == [(f"{name}:i1", "One", 1) for name in ("news", "shop", "video")]


def test_no_raw_id_is_anywhere_in_the_store(folder: Path, fuse_here: Fuse) -> None:
    secret = "ann.unmistakable@example.com"
    (folder / "a.csv").write_text(
        f"user,item,time,sid\n{secret},i1,1700000000,{secret}\n{secret},,x,{secret}\n"
    )
    (folder / "who.csv").write_text(f"id,mail\n{secret},{secret}\n")
    fused = fuse_here(
        {
            "a": platform(
                "a.csv",
                columns={"session": "sid"},
                accounts={"files": "who.csv", "account": "id", "keys": {"email": "mail"}},
            )
        }
    )
    assert fused.quarantine.height == 1
    raw = json.loads(fused.quarantine["raw"][0])
    assert raw["account"].startswith("a_")
    assert raw["session"].startswith("s_")
    for table in TABLES:
        assert secret not in getattr(fused, table).write_json()
    for file in (folder / "store").rglob("*"):
        assert file.is_dir() or secret.encode() not in file.read_bytes()


def test_quarantine_says_where_and_why(logs: Path, fuse_here: Fuse) -> None:
    rows = fuse_here(_both()).quarantine.sort("row")
    assert rows.select("platform", "file", "row", "reason", "field", "value").rows() == [
        ("shop", "shop.csv", 5, "null_account", "account", None),
        ("shop", "shop.csv", 6, "bad_time", "time", "soon"),
    ]
    assert json.loads(rows["raw"][1])["time"] == "soon"


def test_buckets_do_not_change_any_table(
    logs: Path, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = fuse_here(_both(), **SAME)
    monkeypatch.setattr(plait.fusion.stages.find_inputs, "BUCKET_BYTES", 8)
    many = fuse_here(_both(), full=True, **SAME)
    assert many.version.number == 2
    for table in TABLES:
        order = TABLES[table].columns[:3]
        first, second = (getattr(f, table).sort(order).drop("bucket", strict=False)
                         for f in (one, many))  # fmt: skip
        assert first.equals(second), table
    assert one.version.counts == many.version.counts


def test_one_platform_alone_works(logs: Path, fuse_here: Fuse) -> None:
    fused = fuse_here({"shop": platform("shop.csv")})
    assert fused.version.counts["people"] == 2
    assert fused.version.counts["people_on_several"] == 0


def test_an_e_mail_hash_joins_accounts(logs: Path, fuse_here: Fuse) -> None:
    (logs / "s.csv").write_text("id,mail\nann,AA11\nbob,bb22\neve,cc33\n")
    (logs / "v.csv").write_text("id,mail\ncid,bb22\nann,aa11 \nned,\n")
    shop, video = (
        platform(f"{name}.csv", accounts={"files": f"{name[0]}.csv", "account": "id",
                                          "keys": {"email_hash": "mail"}})
        for name in ("shop", "video")
    )  # fmt: skip
    fused = fuse_here({"shop": shop, "video": video})
    assert fused.version.counts["people_on_several"] == 2
    # eve and ned did nothing yet, but are known.
    assert fused.accounts.filter(events=0).height == 2
    assert fused.version.counts["people"] == 4
    assert fused.version.counts["rules"] == {"alone": 2, "email_hash": 4}


def test_an_unknown_identity_key_names_the_nearest(logs: Path, fuse_here: Fuse) -> None:
    accounts = {"files": "shop.csv", "account": "user", "keys": {"email_hash": "item"}}
    with pytest.raises(ConfigError, match=r"'email'.*Did you mean 'email_hash'\?"):
        fuse_here({"shop": platform("shop.csv", accounts=accounts)}, people={"keys": ["email"]})


def test_rows_of_unwanted_types_are_removed_and_null_words_are_told(
    folder: Path, fuse_here: Fuse
) -> None:
    lines = ["ann,x,Buy", "ann,x,login", "bob,NA,buy", "NA,x,buy", "bob,y,LOGIN", "bob,y,buy"]
    rows = [f"{line},2024-01-0{n}T10:00:00" for n, line in enumerate(lines, 1)]
    (folder / "m.csv").write_text("user,item,what,time\n" + "\n".join(rows) + "\n")
    kind = {"column": "what", "map": {"Buy": "purchase", "Login": None}, "ignore_case": True}
    fused = fuse_here({"m": platform("m.csv", type=kind, time={"unit": "iso"})})
    entry = fused.platform("m")
    assert entry["removed"] == {"type": 2}
    assert entry["quarantined"] == {"null_account": 1, "null_object": 1}
    assert entry["noted"] == {"naive_time": 4, "null_word:account": 1, "null_word:item": 1}
    assert (entry["rows"], entry["events"]) == (6, 2)
    assert fused.quarantine.sort("row")["value"].to_list() == ["NA", "NA"]


def test_keep_and_k_core_remove_and_count(folder: Path, fuse_here: Fuse) -> None:
    # A core of 2 accounts and 2 items, each with 2 events; a chain that falls apart; low ratings.
    rows = ["a,x,5", "a,y,5", "b,x,5", "b,y,5", "c,x,5", "c,z,5", "d,z,1", "d,x,1"]
    lines = [f"{row},{1700000000 + n}" for n, row in enumerate(rows)]
    (folder / "m.csv").write_text("user,item,stars,time\n" + "\n".join(lines) + "\n")
    fused = fuse_here(
        {"m": platform("m.csv", columns={"rating": "stars"}, keep="rating >= 3", k_core=2)}
    )
    entry = fused.platform("m")
    assert entry["removed"] == {"keep": 2, "k_core": 2}
    assert (entry["rows"], entry["events"], entry["accounts"]) == (8, 4, 2)
    assert fused.items["item"].to_list() == ["m:x", "m:y"]
    assert fused.people.height == 2


def test_of_an_accounts_rows_with_one_id_the_latest_stays(folder: Path, fuse_here: Fuse) -> None:
    (folder / "a.csv").write_text(
        "id,user,item,time\n1,ann,i1,1700000000\n1,ann,i2,1700000009\n1,ann,i2,1700000009\n"
        "2,ann,i1,1700000000\n1,bob,i1,1700000001\n"
    )
    fused = fuse_here({"a": platform("a.csv", columns={"event_id": "id"})})
    entry = fused.platform("a")
    assert (entry["events"], entry["duplicates"], entry["superseded"]) == (3, 1, 1)
    key = load_key(fused.project)
    said = pl.DataFrame({"who": ["ann", "ann", "bob"], "id": ["1", "2", "1"]})
    said = said.with_columns(account=account_pseudonym(said["who"], key, "a"))
    ids = said.select(event_pseudonym(pl.col("id"), pl.col("account"), key, "a")).to_series()
    found = dict(fused.events.select("event_id", "object_id").iter_rows())
    assert found == dict(zip(ids, ["a:i2", "a:i1", "a:i1"], strict=True))


def test_person_ids_are_stable_and_old_versions_stay_readable(logs: Path, fuse_here: Fuse) -> None:
    first = fuse_here(_both())
    assert first.people.height == 4
    second = fuse_here(_both(), **SAME)
    merged = second.people.filter(pl.col("merged_into").is_not_null())
    assert merged.height == 1
    assert set(merged["person"]) | set(second.accounts["person"]) == set(first.people["person"])
    assert merged["merged_into"][0] in second.accounts["person"]
    assert second.people["since"].to_list() == [1] * 4
    assert first.people.height == 4


def test_vectors_of_a_catalogue_stand_beside_the_items(logs: Path, fuse_here: Fuse) -> None:
    (logs / "items.csv").write_text("id,name,embedding\ni1,One,0.5|1\ni2,Two,\ni9,Nine,2|x\n")
    columns = {"item": "id", "title": "name", "vector": "embedding"}
    catalogue = {"files": "items.csv", "columns": columns}
    fused = fuse_here({"shop": platform("shop.csv", catalogue=catalogue)})
    assert fused.item_vectors.rows() == [("shop:i1", "content", [0.5, 1.0])]
    assert fused.items["item"].to_list() == ["shop:i1", "shop:i2", "shop:i9"]
    assert fused.items["vector"].null_count() == 3
    read = read_items_with_vectors(fused.store, fused.version)
    assert read["vector"].to_list() == [[0.5, 1.0], None, None]


def test_a_run_that_was_overtaken_publishes_nothing(
    logs: Path, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = Store.publish

    def overtaken(self: Store, *args: Any, **more: Any) -> object:
        monkeypatch.setattr(Store, "publish", publish)
        fuse_here(_both())
        return publish(self, *args, **more)

    monkeypatch.setattr(Store, "publish", overtaken)
    with pytest.raises(VersionExists):
        fuse_here(_both())
    assert Store(logs / "store").numbers() == [1]


def test_nothing_is_left_behind(logs: Path, fuse_here: Fuse) -> None:
    fuse_here(_both())
    assert not list((logs / "store" / "scratch").iterdir())


@pytest.mark.parametrize("name", ["shop[1].csv", "shop[a].jsonl", "shop[b].parquet"])
def test_a_file_whose_name_looks_like_a_pattern_is_read(
    folder: Path, fuse_here: Fuse, name: str
) -> None:
    log = pl.DataFrame({"user": ["a", "b"], "item": ["i", "i"], "time": [1_700_000_000] * 2})
    write = {".csv": log.write_csv, ".jsonl": log.write_ndjson, ".parquet": log.write_parquet}
    write[Path(name).suffix](folder / name)
    assert fuse_here({"shop": platform("shop*")}).platform("shop")["events"] == 2


def test_a_folder_with_the_marks_of_a_glob_is_a_folder(tmp_path: Path) -> None:
    home = tmp_path / "my [ID] proj*"
    home.mkdir()
    (home / "shop.csv").write_text(SHOP)
    fused = fuse_in(home, {"shop": platform("shop.csv")})
    assert fused.events.height == 3
