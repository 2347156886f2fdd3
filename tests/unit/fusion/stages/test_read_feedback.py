"""What the endpoint accepted comes back as one more source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl
import pytest

import plait.fusion.fuse_logs
import plait.fusion.stages.find_inputs
from plait.clean.clean_events import clean_events
from plait.clean.event_dialect import EventDialect
from plait.config.event_settings import CreatorKind
from plait.contracts.event_rows import RAW_SCHEMA
from plait.errors import UnreadableFile
from plait.identity.id_spaces import home_account
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.store import Store
from plait.store.feedback.compaction import compact
from plait.store.feedback.log_listing import list_log
from plait.store.feedback.log_paths import EVENTS_FOLDER
from plait.store.roll_back import roll_back
from plait.store.store_objects import remove_objects
from tests.unit.fusion.small import NOW, Fuse, Fused, copy_fused, fuse_in, platform

LOG = "user,item,time\nann,i1,1700000000\nbob,i1,1700000100\n"


@pytest.fixture(scope="module")
def once_fused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fused")
    (folder / "shop.csv").write_text(LOG)
    (folder / "video.csv").write_text("user,item,time\ncid,c1,1700000150\n")
    _again(partial(fuse_in, folder))
    return folder


@pytest.fixture
def fused(once_fused: Path, folder: Path, fuse_here: Fuse) -> Fused:
    return copy_fused(once_fused, folder, lambda: _again(fuse_here))


def _again(fuse_here: Fuse, **more: object) -> Fused:
    return fuse_here({"shop": platform("shop.csv"), "video": platform("video.csv")}, **more)


def _post(
    fused: Fused,
    name: str,
    *rows: dict[str, str],
    on: str = "shop",
    tell_home: bool = False,
    creators: CreatorKind = "names",
) -> None:
    raw = pl.DataFrame([{"row": n} | row for n, row in enumerate(rows)], schema=RAW_SCHEMA)
    events, rejected = clean_events(
        raw, on, EventDialect(creators=creators), load_key(fused.project), NOW
    )
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


def _unlink(fused: Fused, name: str, one: tuple[str, str], two: tuple[str, str]) -> None:
    _link(fused, name, one, two)
    file = fused.project.store_path / "feedback" / "links" / f"{name}.parquet"
    rows = pl.read_parquet(file).with_columns(
        apart="account_b",
        apart_platform="platform_b",
        account_b="account_a",
        platform_b="platform_a",
    )
    rows.write_parquet(file)


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
    assert again.version.inputs[-2]["path"] == "feedback/links/1.parquet"
    assert again.version.counts["retired_ids"] == 1


def test_a_linked_account_without_events_is_known(fused: Fused, fuse_here: Fuse) -> None:
    _link(fused, "1", ("ann", "shop"), ("ann", "video"))
    again = _again(fuse_here)
    ghost = account_pseudonym(pl.Series(["ann"]), load_key(fused.project), "video")[0]
    (row,) = again.accounts.filter(account=ghost).to_dicts()
    assert (row["platform"], row["events"], row["rule"]) == ("video", 0, "link")


def test_an_unlinked_account_is_apart_though_nothing_else_is_known_of_it(
    fused: Fused, fuse_here: Fuse
) -> None:
    # Else its person's id would go on standing for the one it was joined to, in live state too.
    pair = (("ann", "shop"), ("ann", "video"))
    _link(fused, "1", *pair)
    linked = _again(fuse_here)
    assert linked.version.counts["people_on_several"] == 1
    _unlink(fused, "2", *pair)
    for again in (_again(fuse_here), _again(fuse_here, full=True)):
        assert again.version.counts["people_on_several"] == 0
        ghost = account_pseudonym(pl.Series(["ann"]), load_key(fused.project), "video")[0]
        (row,) = again.accounts.filter(account=ghost).to_dicts()
        assert (row["person"], row["rule"]) == ("p_" + ghost[-32:], "alone")
        people = Store(again.project.store_path).read("people", again.version)
        assert people.filter(pl.col("merged_into").is_not_null()).is_empty()
    _link(fused, "3", *pair)
    assert _again(fuse_here).version.counts["people_on_several"] == 1


@pytest.mark.parametrize("how", ["another link", "a key", "a shared id"])
def test_an_unlink_outranks_everything_that_joins_the_accounts(
    fused: Fused, fuse_here: Fuse, folder: Path, how: str
) -> None:
    pair, more = (("ann", "shop"), ("ann", "video")), {}
    projects = {"shop": platform("shop.csv"), "video": platform("video.csv")}
    if how == "another link":
        _link(fused, "3", pair[0], ("cid", "video"))
        _link(fused, "4", ("cid", "video"), pair[1])
    elif how == "a key":
        (folder / "mails.csv").write_text("id,mail\nann,a@example.org\n")
        for one in projects.values():
            one["accounts"] = {"files": "mails.csv", "account": "id", "keys": {"mail": "mail"}}
    else:
        more = {"people": {"same_account_id": [["shop", "video"]]}}
        shared = fuse_here(projects, **more)
        for on in ("shop", "video"):
            _post(shared, on, NEW, on=on, tell_home=True)
    assert len(_persons(fuse_here(projects, **more), pair)) == 1
    _unlink(fused, "5", *pair)
    assert len(_persons(fuse_here(projects, **more), pair)) == 2
    _link(fused, "6", *pair)
    assert len(_persons(fuse_here(projects, **more), pair)) == 1


def _persons(fused: Fused, accounts: Iterable[tuple[str, str]]) -> set[str]:
    key = load_key(fused.project)
    names = [account_pseudonym(pl.Series([who]), key, on)[0] for who, on in accounts]
    found = fused.accounts.filter(pl.col("account").is_in(names))
    assert found.height == len(names)
    return set(found["person"])


@pytest.mark.parametrize("bucket_bytes", [2**28, 8])
def test_links_learned_late_bring_rows_to_one_bucket(
    fused: Fused, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch, bucket_bytes: int
) -> None:
    monkeypatch.setattr(plait.fusion.stages.find_inputs, "BUCKET_BYTES", bucket_bytes)
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


def test_what_was_searched_for_there_is_not_quoted(fused: Fused, fuse_here: Fuse) -> None:
    search = {"item": None, "type": "search", "query": "a secret wish"}
    _post(fused, "1", NEW | search, on="games")
    (row,) = _again(fuse_here).quarantine.to_dicts()
    assert "secret" not in row["raw"]
    assert "<13 characters>" in row["raw"]


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


def _drain(fused: Fused, *numbers: int) -> None:
    _post(fused, "all", *(NEW | {"account": f"n{n}", "item": f"x{n}"} for n in numbers))
    folder = fused.project.store_path / "feedback" / "events"
    rows = pl.read_parquet(folder / "all.parquet")
    (folder / "all.parquet").unlink()
    for place, n in enumerate(numbers):
        rows[place : place + 1].write_parquet(folder / f"{n}-0_{n}-0.parquet")


def _tables(fused: Fused) -> dict[str, pl.DataFrame]:
    store, version = Store(fused.project.store_path), fused.version
    names = {name: store.read(name, version) for name in version.tables}
    names["accounts"] = names["accounts"].drop("bucket")
    return {
        n: t.sort([c for c, k in t.schema.items() if not k.is_nested()]) for n, t in names.items()
    }


def test_a_log_of_many_objects_becomes_a_few_parts(fused: Fused, fuse_here: Fuse) -> None:
    _drain(fused, *range(500))
    store = Store(fused.project.store_path)
    again = _again(fuse_here)
    assert again.version.run["rows"] == 500
    assert len(list_log(store, EVENTS_FOLDER).paths) == 1
    assert len(again.version.inputs) == 3
    body = (fused.project.store_path / "versions/00000002.json").read_bytes()
    assert len(body) < 4_000
    assert _again(fuse_here).version.run["mode"] == "none"
    compact(store, grace=timedelta(0))  # an hour later
    assert len(list((fused.project.store_path / "feedback/events").iterdir())) == 1
    assert _again(fuse_here).version.run["mode"] == "none"
    whole = _again(fuse_here, full=True)
    assert whole.version.number == 3
    assert all(t.equals(_tables(again)[n]) for n, t in _tables(whole).items())


def test_what_was_read_before_a_compaction_is_not_read_after_it(
    fused: Fused, fuse_here: Fuse
) -> None:
    store = Store(fused.project.store_path)
    _drain(fused, 1, 2, 3)
    _post(fused, "games", NEW, on="games")
    before = _again(fuse_here)
    compact(store, least=2, grace=timedelta(0))
    compact(store, grace=timedelta(0))
    assert _again(fuse_here).version.run["mode"] == "none"  # another layout is nothing new
    _drain(fused, 4, 5)
    compact(store, least=2, grace=timedelta(0))
    after = _again(fuse_here)
    run = after.version.run
    assert (run["mode"], run["rows"], run["files"]) == ("incremental", 2, 1)
    assert after.version.counts["events"] == before.version.counts["events"] + 2
    whole = _again(fuse_here, full=True)
    assert all(t.equals(_tables(after)[n]) for n, t in _tables(whole).items())
    assert whole.version.counts == after.version.counts
    # The place that a row in quarantine names is where it was written.
    (row,) = after.quarantine.to_dicts()
    assert (row["file"], row["row"]) == ("feedback/events/games.parquet", 1)


def test_a_rollback_reads_what_came_after_it_out_of_larger_parts(
    fused: Fused, fuse_here: Fuse
) -> None:
    store = Store(fused.project.store_path)
    _drain(fused, 1, 2)
    _again(fuse_here)
    _drain(fused, 3, 4)
    newest = _again(fuse_here)
    compact(store, least=2, grace=timedelta(0))
    compact(store, grace=timedelta(0))
    roll_back(store, 2)
    again = _again(fuse_here)
    assert (again.version.run["mode"], again.version.run["rows"]) == ("incremental", 2)
    for name in ("events", "sequences", "items"):  # a person's `since` names another version
        assert _tables(again)[name].equals(_tables(newest)[name])


def test_an_object_that_was_read_and_is_gone_means_that_all_is_read(
    fused: Fused, fuse_here: Fuse
) -> None:
    store = Store(fused.project.store_path)
    _drain(fused, 1, 2)
    _again(fuse_here)
    compact(store, least=2, grace=timedelta(0))
    remove_objects(store.objects, list_log(store, EVENTS_FOLDER).paths)
    run = _again(fuse_here).version.run
    assert (run["mode"], run["why"]) == (
        "full", "feedback/events/1-0_1-0.parquet, feedback/events/2-0_2-0.parquet are missing",
    )  # fmt: skip


def test_links_are_compacted_too(fused: Fused, fuse_here: Fuse) -> None:
    for n in range(40):
        _link(fused, f"{n}-0_{n}-0", ("ann", "shop"), ("cid", "video"))
    _link(fused, "50-0_50-0", ("bob", "shop"), ("cid", "video"))
    again = _again(fuse_here)
    assert again.version.counts["rules"] == {"link": 3}
    (record,) = [r for r in again.version.inputs if "links" in r["path"]]
    assert "/part-1-" in record["path"]
    assert again.version.drained == {"feedback/links": "50-0"}
    assert _again(fuse_here).version.run["mode"] == "none"


def test_a_compaction_while_fuse_reads_changes_nothing(
    fused: Fused, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    _drain(fused, *range(8))
    store, key = Store(fused.project.store_path), plait.fusion.fuse_logs.load_key

    def meanwhile(*args: object, **more: object) -> object:
        compact(store, least=2, grace=timedelta(0))
        compact(store, grace=timedelta(0))
        return key(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(plait.fusion.fuse_logs, "load_key", meanwhile)
    again = _again(fuse_here)
    assert again.version.run["rows"] == 8
    assert not set(list_log(store, EVENTS_FOLDER).paths) & {r["path"] for r in again.version.inputs}
    monkeypatch.undo()
    assert _again(fuse_here).version.run["mode"] == "none"


def test_a_given_id_stays_one_though_its_creator_became_an_account(
    fused: Fused, fuse_here: Fuse
) -> None:
    follow = {"event_id": "f-1", "account": "ann", "creator": "bob", "type": "follow"}
    _post(fused, "one", follow | {"time": "2024-01-01T00:00:00Z"})
    _post(fused, "two", follow | {"time": "2024-01-01T00:00:01Z"}, creators="accounts")
    shop = platform("shop.csv")
    shop["events"] |= {"creators": "accounts"}
    again = fuse_here({"shop": shop, "video": platform("video.csv")})
    assert again.events.filter(type="follow").height == 1  # posted under both rules
