"""A platform that is renamed keeps its accounts, people, events, links and impressions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.clean.clean_events import clean_events
from plait.clean.event_dialect import EventDialect
from plait.contracts.event_rows import FEEDBACK_IMPRESSIONS, FEEDBACK_LINKS, RAW_SCHEMA
from plait.errors import ConfigError
from plait.privacy.pseudonym import account_pseudonym, load_key

from .small import NOW, Fuse, Fused, platform

LOG = "user,item,time,sid\nann,i1,1700000000,s1\nbob,i2,1700000100,s2\n"


def _fuse(fuse_here: Fuse, name: str, **settings: Any) -> Fused:
    shop = platform("shop.csv") | {"accounts": _accounts("shop")}
    clips = platform("clips.csv", columns={"session": "sid"}) | settings
    return fuse_here({"shop": shop, name: clips | {"accounts": _accounts("clips")}})


def _accounts(name: str) -> dict[str, Any]:
    return {"files": f"{name}_who.csv", "account": "id", "keys": {"login": "login"}}


def _write(folder: Path) -> None:
    # No two events of a person at once: fingerprints, which have the name in them, order such.
    (folder / "clips.csv").write_text(LOG)
    (folder / "shop.csv").write_text("user,item,time\nann1,p1,1700000050\nzoe,p2,1700000001\n")
    (folder / "clips_who.csv").write_text("id,login\nann,ann-l\n")
    (folder / "shop_who.csv").write_text("id,login\nann1,ann-l\n")


def _post(fused: Fused, name: str, on: str) -> None:
    """Posts an event with an id, one without, a link and an impression, as the endpoint would."""
    rows: list[dict[str, Any]] = [
        {"row": 0, "account": "bob", "item": "i1", "time": "2023-11-15T00:00:00Z",
         "type": "view", "event_id": "x1"},
        {"row": 1, "account": "bob", "item": "i2", "time": "2023-11-14T22:15:30Z",
         "type": "purchase", "session": "s2"},
    ]  # fmt: skip
    key = load_key(fused.project)
    dialect = EventDialect.spoken(fused.project.platforms[on])
    events, faults = clean_events(pl.DataFrame(rows, schema=RAW_SCHEMA), on, dialect, key, NOW)
    assert not faults.height
    bob = events["account"][0]
    zoe = account_pseudonym(pl.Series(["zoe"]), key, "shop")[0]
    link = dict.fromkeys(FEEDBACK_LINKS, None) | {
        "account_a": bob, "platform_a": on, "account_b": zoe, "platform_b": "shop", "time": NOW,
    }  # fmt: skip
    shown = dict.fromkeys(FEEDBACK_IMPRESSIONS, None) | {
        "recommendation_id": f"r{name}", "time": NOW, "account": bob, "platform_of_account": on,
        "item_id": f"{on}:i1", "platform": on, "position": 1, "score": 1.0, "propensity": 1.0,
        "variant": "current", "model": "m", "model_version": "1",
    }  # fmt: skip
    for kind, frame in (
        ("events", events.with_columns(home=pl.lit(None, pl.String))),
        ("links", pl.DataFrame([link], schema=FEEDBACK_LINKS)),
        ("impressions", pl.DataFrame([shown], schema=FEEDBACK_IMPRESSIONS)),
    ):
        place = fused.project.store_path / "feedback" / kind
        place.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(place / f"{name}.parquet")


# Fingerprints of contents have the name in them, and lists of names are sorted.
_WITH_NAMES = ("event_id", "platforms")


def _content(fused: Fused, says: str = "clips") -> dict[str, list[str]]:
    """Returns the rows of tables in which the name `says` is replaced by clips."""
    tables = {}
    for name in ("accounts", "people", "events", "sequences", "impressions", "quarantine"):
        table: pl.DataFrame = getattr(fused, name).drop(_WITH_NAMES, strict=False)
        tables[name] = sorted(str(row).replace(says, "clips") for row in table.rows())
    return tables


def test_everything_stays_but_the_name(folder: Path, fuse_here: Fuse) -> None:
    _write(folder)
    _post(_fuse(fuse_here, "clips"), "1", "clips")
    before = _fuse(fuse_here, "clips")
    assert before.version.counts["people"] == 2
    assert before.version.counts["people_on_several"] == 2  # by a key, and by a link
    again = _fuse(fuse_here, "video", renamed_from="clips")
    assert again.version.run["mode"] == "full"
    assert _content(again, "video") == _content(before)
    assert set(again.items["platform"]) == {"shop", "video"}
    assert set(again.impressions["item"]) == {"video:i1"}
    # The same events, posted under the new name, are repeats of those under the old one.
    _post(again, "2", "video")
    repeated = _fuse(fuse_here, "video", renamed_from="clips")
    assert repeated.events.height == again.events.height
    assert (
        repeated.events.drop("person")
        .sort("event_id")
        .equals(again.events.drop("person").sort("event_id"))
    )
    chain = _fuse(fuse_here, "films", renamed_from=["clips", "video"])
    assert _content(chain, "films")["accounts"] == _content(before)["accounts"]
    assert set(chain.events["platform"]) == {"shop", "films"}


def test_a_second_name_needs_the_first(folder: Path, fuse_here: Fuse) -> None:
    _write(folder)
    _fuse(fuse_here, "clips")
    _fuse(fuse_here, "video", renamed_from="clips")
    with pytest.raises(ConfigError, match=r"renamed_from: \[clips, video\]"):
        _fuse(fuse_here, "films", renamed_from="video")
    with pytest.raises(ConfigError, match=r"renamed_from: \[clips, video\]"):
        _fuse(fuse_here, "films", renamed_from=["video", "clips"])


@pytest.mark.parametrize(
    ("former", "said"),
    [("shop", "still a platform"), ("a b", "must have 1 to 64")],
)
def test_a_former_name_must_be_free(folder: Path, fuse_here: Fuse, former: str, said: str) -> None:
    _write(folder)
    with pytest.raises(ConfigError, match=said):
        _fuse(fuse_here, "video", renamed_from=former)


def test_two_platforms_do_not_have_one_past(folder: Path, fuse_here: Fuse) -> None:
    both = {name: platform("shop.csv") | {"renamed_from": "old"} for name in ("a", "b")}
    with pytest.raises(ConfigError, match=r"platforms\.a\.renamed_from; remove one"):
        fuse_here(both)
