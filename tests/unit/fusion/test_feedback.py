"""What the endpoint accepted comes back as one more source."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

import plait.fusion.inputs
from plait.clean.events import clean_events
from plait.clean.rules import EventRules
from plait.contracts.raw import RAW
from plait.errors import UnreadableFile
from plait.identity.groups import home_account
from plait.privacy.pseudonym import account_pseudonym, load_key

from .small import NOW, Fuse, Fused, platform

LOG = "user,item,time\nann,i1,1700000000\nbob,i1,1700000100\n"


@pytest.fixture
def fused(folder: Path, fuse_here: Fuse) -> Fused:
    (folder / "shop.csv").write_text(LOG)
    (folder / "video.csv").write_text("user,item,time\ncid,c1,1700000150\n")
    return _again(fuse_here)


def _again(fuse_here: Fuse, **more: object) -> Fused:
    return fuse_here({"shop": platform("shop.csv"), "video": platform("video.csv")}, **more)


def _post(
    fused: Fused, name: str, *rows: dict[str, str], on: str = "shop", tell_home: bool = False
) -> None:
    raw = pl.DataFrame([{"row": n} | row for n, row in enumerate(rows)], schema=RAW)
    events, rejected = clean_events(raw, on, EventRules(), load_key(fused.project), NOW)
    assert rejected.height == 0
    folder = fused.project.store_path / "feedback" / "events"
    folder.mkdir(parents=True, exist_ok=True)
    homes = home_account(raw["account"], load_key(fused.project), fused.project, on)
    events.with_columns(
        recommendation_id=pl.lit(None, pl.String), home=homes if tell_home else None
    ).write_parquet(folder / f"{name}.parquet")


def _link(fused: Fused, name: str, one: tuple[str, str], two: tuple[str, str]) -> None:
    key = load_key(fused.project)
    ids = [account_pseudonym(pl.Series([raw]), key, where)[0] for raw, where in (one, two)]
    folder = fused.project.store_path / "feedback" / "links"
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(
        {
            "account_a": ids[0], "platform_a": one[1], "account_b": ids[1], "platform_b": two[1],
            "time": datetime(2024, 1, 1, tzinfo=UTC),
        }
    ).write_parquet(folder / f"{name}.parquet")  # fmt: skip


NEW = {"account": "ann", "item": "i9", "type": "view", "time": "2024-01-01T00:00:00Z"}


def test_posted_events_are_found_once_whoever_made_them(fused: Fused, fuse_here: Fuse) -> None:
    stranger = NEW | {"account": "new"}
    _post(fused, "1", NEW, stranger)
    _post(fused, "2", NEW)
    again = _again(fuse_here)
    shop = again.platform("shop")
    assert (shop["rows"], shop["events"], shop["duplicates"]) == (5, 4, 1)
    assert again.version.counts["people"] == fused.version.counts["people"] + 1
    ann = account_pseudonym(pl.Series(["ann"]), load_key(fused.project), "shop")[0]
    person = again.accounts.filter(account=ann)["person"][0]
    assert again.sequences.filter(person=person)["item"][0].to_list() == ["shop:i1", "shop:i9"]
    paths = [record["path"] for record in again.version.inputs]
    assert paths[-2:] == ["feedback/events/1.parquet", "feedback/events/2.parquet"]


def test_an_event_of_the_log_that_was_posted_too_is_one(fused: Fused, fuse_here: Fuse) -> None:
    _post(fused, "1", {"account": "ann", "item": "i1", "type": "purchase",
                       "time": "2023-11-14T22:13:20Z"})  # fmt: skip
    assert _again(fuse_here).platform("shop")["duplicates"] == 1


def test_a_posted_link_joins_people_in_the_ledger(fused: Fused, fuse_here: Fuse) -> None:
    _link(fused, "1", ("ann", "shop"), ("cid", "video"))
    again = _again(fuse_here)
    assert again.version.counts["people_on_several"] == 1
    assert again.version.counts["rules"] == {"alone": 1, "link": 2}
    assert again.version.inputs[-1]["path"] == "feedback/links/1.parquet"
    assert again.version.counts["retired_ids"] == 1


def test_a_linked_account_without_events_is_known(fused: Fused, fuse_here: Fuse) -> None:
    _link(fused, "1", ("ann", "shop"), ("ann", "video"))
    again = _again(fuse_here)
    ghost = account_pseudonym(pl.Series(["ann"]), load_key(fused.project), "video")[0]
    (row,) = again.accounts.filter(account=ghost).to_dicts()
    assert (row["platform"], row["events"], row["rule"]) == ("video", 0, "link")


@pytest.mark.parametrize("bucket_bytes", [2**28, 8])
def test_links_learned_late_bring_rows_to_one_bucket(
    fused: Fused, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch, bucket_bytes: int
) -> None:
    """An account with an id space of its own is linked to one that is known by another home."""
    monkeypatch.setattr(plait.fusion.inputs, "BUCKET_BYTES", bucket_bytes)
    _link(fused, "1", ("cid", "video"), ("ann", "shop"))
    _post(fused, "1", NEW | {"account": "cid", "item": "c2"}, on="video")
    people = {"same_account_id": [["shop", "video"]]}
    again = _again(fuse_here, people=people)
    cid = account_pseudonym(pl.Series(["cid"]), load_key(fused.project), "video")[0]
    person = again.accounts.filter(account=cid)["person"][0]
    found = again.sequences.filter(person=person)["item"][0].to_list()
    assert found == ["shop:i1", "video:c1", "video:c2"]
    assert again.sequences["person"].is_unique().all()


@pytest.mark.parametrize("raw_id", ["ann", "new"])
def test_a_posted_account_of_a_shared_id_space_is_joined(
    folder: Path, fuse_here: Fuse, raw_id: str
) -> None:
    (folder / "shop.csv").write_text(LOG)
    (folder / "video.csv").write_text("user,item,time\ncid,c1,1700000150\n")
    same = {"people": {"same_account_id": [["shop", "video"]]}}
    before = _again(fuse_here, **same)
    mine = NEW | {"account": raw_id}
    _post(before, "1", mine, tell_home=True)
    _post(before, "2", mine | {"item": "c9"}, on="video", tell_home=True)
    again = _again(fuse_here, **same)
    assert again.version.counts["people_on_several"] == 1
    key = load_key(again.project)
    on_video = account_pseudonym(pl.Series([raw_id]), key, "video")[0]
    person = again.accounts.filter(account=on_video)["person"][0]
    items = again.sequences.filter(person=person)["item"][0].to_list()
    assert {"shop:i9", "video:c9"} <= set(items)


def test_events_of_a_platform_that_is_gone_are_quarantined(fused: Fused, fuse_here: Fuse) -> None:
    _post(fused, "1", NEW, on="games")
    again = _again(fuse_here)
    assert again.platform("games")["quarantined"] == {"unknown_platform": 1}
    (row,) = again.quarantine.to_dicts()
    assert (row["platform"], row["reason"], row["file"], row["row"]) == (
        "games", "unknown_platform", "feedback/events/1.parquet", 1,
    )  # fmt: skip


def test_the_keep_filter_holds_for_posted_events(fused: Fused, fuse_here: Fuse) -> None:
    _post(fused, "1", NEW)
    shop = platform("shop.csv", keep="type == 'purchase'")
    again = fuse_here({"shop": shop, "video": platform("video.csv")})
    assert again.platform("shop")["removed"] == {"keep": 1}


def test_a_damaged_feedback_object_is_named(fused: Fused, fuse_here: Fuse) -> None:
    folder = fused.project.store_path / "feedback" / "events"
    folder.mkdir(parents=True)
    (folder / "1.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(UnreadableFile, match=r"feedback/events/1\.parquet"):
        _again(fuse_here)


def test_a_link_to_a_platform_that_has_left_joins_nobody(fused: Fused, fuse_here: Fuse) -> None:
    _link(fused, "1", ("ann", "shop"), ("cid", "games"))
    again = _again(fuse_here)
    assert set(again.accounts["platform"]) == {"shop", "video"}
    assert again.version.counts["people"] == fused.version.counts["people"]
