"""After a rotation everybody is who they were, and nothing is under the older key."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.clean.clean_events import clean_events
from plait.clean.event_dialect import EventDialect
from plait.contracts.event_rows import FEEDBACK_IMPRESSIONS, RAW_SCHEMA
from plait.contracts.store_tables import TABLES
from plait.identity.id_spaces import home_account
from plait.live.stream_entries import decode_links, encode_link, encode_unlink
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym
from plait.privacy.pseudonym_key import load_key
from plait.privacy.rotate_key import rotate_key
from plait.store.feedback.feedback_log import FeedbackLog
from tests.unit.fusion.small import NOW, Fuse, Fused, platform

COLUMNS = {"event_id": "id", "session": "visit", "creator": "of"}
HEAD = "id,user,item,of,what,visit,time\n"
TYPES = {"column": "what", "map": {"buy": "purchase", "follow": "follow"}}


@pytest.fixture
def fused(folder: Path, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch) -> Fused:
    """Two platforms of one id space with keys, then posted events, links and impressions."""
    monkeypatch.delenv("PLAIT_PSEUDONYM_KEY", raising=False)
    (folder / "shop.csv").write_text(
        f"{HEAD}1,ann,i1,,buy,v1,1700000000\n2,bob,i1,,buy,v2,1700000100\n,cid,i2,,buy,v3,1700000200\n"
        ",dan,,ann,follow,v4,1700000300\n,,i9,,buy,v5,1700000300\n"
    )
    (folder / "video.csv").write_text(
        f"{HEAD}1,ann,c1,,buy,w1,1700000400\n,eve,c2,,buy,w2,1700000500\n"
    )
    (folder / "who.csv").write_text("user,mail\ncid,m1\n")
    (folder / "also.csv").write_text("user,mail\neve,m1\n")
    first = _fuse(fuse_here)
    key = load_key(first.project)
    _post(first, "1", key)
    FeedbackLog(first.store).write_links(
        decode_links(
            [
                encode_link((_of("bob", key), "shop"), (_of("fay", key, "video"), "video"), NOW),
                encode_link((_of("dan", key), "shop"), (_of("eve", key, "video"), "video"), NOW),
                encode_unlink((_of("dan", key), "shop"), (_of("eve", key, "video"), "video"), NOW),
            ]
        ),
        "1-0_1-2",
    )
    _show(first, "1", key)
    return _fuse(fuse_here)


def _fuse(fuse_here: Fuse, **more: Any) -> Fused:
    accounts = {"account": "user", "keys": {"mail": "mail"}}
    each = {"columns": COLUMNS, "type": TYPES, "creators": "accounts"}
    return fuse_here(
        {
            "shop": platform("shop.csv", accounts={"files": "who.csv"} | accounts, **each),
            "video": platform("video.csv", accounts={"files": "also.csv"} | accounts, **each),
        },
        people={"same_account_id": [["shop", "video"]]},
        **more,
    )


def _of(raw: str, key: PseudonymKey, on: str = "shop") -> str:
    return str(account_pseudonym(pl.Series([raw]), key, on)[0])


def _post(fused: Fused, name: str, key: PseudonymKey) -> None:
    """Posts three events that the log has (with and without an id, and a follow), and a new one."""
    rows = [
        {"event_id": "1", "account": "ann", "item": "i1", "type": "purchase", "session": "v1",
         "time": "2023-11-14T22:13:20Z"},
        {"account": "cid", "item": "i2", "type": "purchase", "session": "v3",
         "time": "2023-11-14T22:16:40Z"},
        {"account": "dan", "creator": "ann", "type": "follow", "session": "v4",
         "time": "2023-11-14T22:18:20Z"},
        {"event_id": "9", "account": "gil", "item": "i3", "type": "view",
         "time": "2024-01-01T00:00:00Z"},
    ]  # fmt: skip
    raw = pl.DataFrame([{"row": n} | row for n, row in enumerate(rows)], schema=RAW_SCHEMA)
    events, bad = clean_events(raw, "shop", EventDialect(creators="accounts"), key, NOW)
    assert bad.is_empty()
    homes = home_account(raw["account"], key, fused.project, "shop").alias("home")
    posted = events.with_columns(homes, recommendation_id=pl.lit("r1"))
    FeedbackLog(fused.store).write_events(posted, name)


def _show(fused: Fused, name: str, key: PseudonymKey) -> None:
    row = {"recommendation_id": "r1", "time": NOW, "account": _of("gil", key),
           "platform_of_account": "shop", "item_id": "shop:i3", "platform": "shop", "position": 1,
           "variant": "current", "model": "m", "model_version": "v1"}  # fmt: skip
    FeedbackLog(fused.store).write_impressions(
        pl.DataFrame([row], schema=FEEDBACK_IMPRESSIONS), name
    )


def _text(fused: Fused) -> str:
    return "".join(fused.store.read(name, fused.version).write_json() for name in TABLES)


def _partition(fused: Fused, older: PseudonymKey, now: PseudonymKey) -> dict[str, str]:
    """Returns the person of each account, by raw id."""
    raws = [
        (raw, on)
        for on in ("shop", "video")
        for raw in ("ann", "bob", "cid", "dan", "eve", "fay", "gil")
    ]
    names = {_of(raw, key, on): f"{on}:{raw}" for raw, on in raws for key in (older, now)}
    return {names[account]: who for account, who in fused.accounts[["account", "person"]].rows()}


def _known(fused: Fused) -> list[dict[str, Any]]:
    """Returns all that a version says of events, people and impressions, without pseudonyms."""
    hidden = ("event_id", "account", "session", "bucket", "home", "object_id", "raw",
              "founded_by")  # fmt: skip
    names = ("events", "people", "impressions", "accounts", "quarantine")
    tables = [fused.store.read(name, fused.version).drop(hidden, strict=False) for name in names]
    flat = [table.drop("platforms", strict=False) for table in tables]
    return [table.sort(table.columns).to_dict(as_series=False) for table in flat]


def test_people_and_events_are_what_they_were_under_a_fresh_key(
    folder: Path, fused: Fused, fuse_here: Fuse
) -> None:
    older = load_key(fused.project)
    assert fused.platform("shop")["duplicates"] == 3
    assert f"_{older.id}_" in _text(fused)
    rotate_key(fused.project)
    now = load_key(fused.project)
    again = _fuse(fuse_here)
    assert again.version.run["why"] == "settings changed: pseudonyms.key"
    assert _partition(again, older, now) == _partition(fused, older, now)
    assert _known(again) == _known(fused)
    assert f"_{older.id}_" not in _text(again)
    accounts = again.accounts["account"].str.starts_with(f"a_{now.id}_")
    assert accounts.all()
    (creator,) = again.events.filter(pl.col("object_kind") == "creator")["object_id"]
    assert creator == "shop:" + _of("ann", now)
    counts = {**again.version.counts, "platforms": None}
    assert counts == {**fused.version.counts, "platforms": None}


def test_events_posted_under_either_key_count_once_after_two_rotations(
    fused: Fused, fuse_here: Fuse
) -> None:
    keys = [load_key(fused.project)]
    for _ in range(2):
        rotate_key(fused.project)
        keys.append(load_key(fused.project))
    _post(fused, "2", keys[1])
    _post(fused, "3", keys[2])
    again = _fuse(fuse_here)
    assert again.version.counts["events"] == fused.version.counts["events"]
    assert again.platform("shop")["duplicates"] == 3 + 8
    assert _partition(again, keys[0], keys[2]) == _partition(fused, keys[0], keys[2])
    _post(fused, "4", keys[0])  # an endpoint that was not restarted
    later = _fuse(fuse_here)
    assert later.version.run["mode"] == "incremental"
    assert later.version.counts["events"] == fused.version.counts["events"]
    assert f"_{keys[0].id}_" not in _text(later)


def test_events_of_a_key_that_nobody_gave_are_kept_and_noted(fused: Fused, fuse_here: Fuse) -> None:
    _post(fused, "2", PseudonymKey("z" * 64))
    again = _fuse(fuse_here)
    assert again.platform("shop")["noted"]["unknown_key"] == 4
    assert again.version.counts["events"] == fused.version.counts["events"] + 4


def test_the_same_rows_come_from_a_new_store_with_the_newest_chain(
    fused: Fused, fuse_here: Fuse
) -> None:
    rotate_key(fused.project)
    again = _fuse(fuse_here)
    key_file = str(fused.project.store_path / "pseudonym.key")
    fresh = _fuse(partial(fuse_here, pseudonyms={"key_file": key_file}, store="other"))
    ids = [table.events.filter(platform="video")["event_id"].sort() for table in (again, fresh)]
    assert ids[0].equals(ids[1])
