"""What is posted ends, after the next fuse, as what stood in a log."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.clean.event_dialect import EventDialect
from plait.clean.parse_times import parse_times
from plait.config import Project, load_config
from plait.fusion.fuse_logs import fuse
from plait.identity.assertions.identity_log import open_log
from plait.identity.assertions.log_lines import log_lines
from plait.identity.assertions.undo import undo_assertion
from plait.live import PersonLookup
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.serving.replica import connect, open_replica
from plait.sources.files.find_files import find_files
from plait.sources.read_platform import read_events
from plait.store import Store
from plait.world.build_world import build_world
from plait.world.write_world import write_world
from tests.events import event_ids
from tests.live_sequences import live_sequences
from tests.local_handler import LocalHandler, post

pytestmark = pytest.mark.slow


def raw_events(project: Project) -> pl.DataFrame:
    """Returns every row of every log as an application would post it."""
    parts = []
    for name, platform in project.platforms.items():
        rules = EventDialect.of(f"platforms.{name}.events", platform.events[0], platform)
        for file in find_files(project, platform.events[0].files, None, name):
            for raw in read_events(file, platform.events[0]):
                times = parse_times(raw["time"], rules.unit).dt.to_string("iso:strict")
                parts.append(
                    raw.with_columns(
                        pl.lit(name).alias("platform"),
                        pl.col("type").replace(dict(rules.types)),
                        times.fill_null(raw["time"]).alias("time"),
                    ).drop("fault")
                )
    return pl.concat(parts)


def as_posted(row: dict[str, Any]) -> dict[str, Any]:
    numbers = {"value": "value", "dwell": "dwell_s", "rating": "rating"}
    event = {
        "user": {"platform": row["platform"], "id": row["account"]},
        "item_id": row["item"] and f"{row['platform']}:{row['item']}",
        **{n: row[n] for n in ("type", "event_id", "time", "topic", "creator", "query",
                               "currency", "session")},
        **{to: float(row[n]) for n, to in numbers.items() if row[n] is not None},
    }  # fmt: skip
    return {name: value for name, value in event.items() if value is not None}


def test_a_log_posted_shuffled_and_repeated_makes_what_fuse_makes(
    tmp_path: Path, valkey: EmbeddedValkey
) -> None:
    file = write_world(build_world(60, 3, end=datetime(2026, 11, 1, tzinfo=UTC)), tmp_path / "w")
    project = load_config(file)
    version = fuse(project)
    store = Store(project.store_path)
    handler = LocalHandler(
        open_replica(file, valkey.address)
    )  # no base is loaded: all comes over HTTP
    raw = raw_events(project)
    posted = [as_posted(row) for row in raw.iter_rows(named=True)]
    posted += posted[::7]
    random.Random(0).shuffle(posted)
    accepted = 0
    for start in range(0, len(posted), 500):
        reply = post(handler, "/v1/events", {"events": posted[start : start + 500]})
        assert reply.status_code == 200, reply.text
        accepted += reply.json()["accepted"]
    assert accepted == store.read("events", version).height
    # The accounts that fuse joined by their keys are linked over HTTP, in any order.
    key = load_key(project)
    users = raw.select("platform", "account").drop_nulls().unique(maintain_order=True)
    named = pl.concat(
        part.rename({"account": "id"}).with_columns(
            account=account_pseudonym(part["account"], key, part["platform"][0])
        )
        for part in users.partition_by("platform")
    )
    joined = store.read("accounts", version).join(named, on=["account", "platform"])
    for (_,), group in joined.sort("account", descending=True).group_by("person"):
        accounts = group.select("platform", "id").rows(named=True)
        for other in accounts[1:]:
            reply = post(handler, "/v1/identities:link", {"accounts": [accounts[0], other]})
            assert reply.status_code == 200
    state = connect(project, valkey.address)
    fused = store.read("sequences", version).sort("person")
    assert fused.height > 50
    held = joined.group_by("person").agg(
        pl.col("account").first(), pl.col("platform").first().alias("at")
    )
    asked = fused.join(held, on="person", maintain_order="left")
    known = state.read_people(
        [PersonLookup(account=a, platform=p) for a, p in asked["account", "at"].rows()]
    )
    live = live_sequences(known, project.sequence_length)
    assert live.drop("total").equals(fused.drop("total"))


def test_drained_events_are_read_once_by_the_next_fuse_and_so_is_what_was_shown(
    tmp_path: Path, add_version: Callable[[Store, str], None]
) -> None:
    file = write_world(build_world(40, 3, end=datetime(2026, 11, 1, tzinfo=UTC)), tmp_path / "w")
    project = load_config(file)
    before = fuse(project)
    store = Store(project.store_path)
    add_version(store, "none")
    with EmbeddedValkey(tmp_path / "live") as valkey:
        handler = LocalHandler(open_replica(file, valkey.address))
        handler.setup.current.refresh()
        me = {"platform": "shop", "id": "brand-new"}
        answer = post(handler, "/v1/recommend", {"user": me, "k": 4}).json()
        shown = [item["item_id"] for item in answer["items"]]
        (first,) = (item for item in shown[:2] if item.startswith("shop:"))
        event = {
            "user": me,
            "type": "view",
            "item_id": first,
            "event_id": "once",
            "recommendation_id": answer["recommendation_id"],
        }
        post(handler, "/v1/events", {"events": [event, event]})
        assert handler.setup.drainer("t").drain() == 1
        assert handler.setup.impressions
        assert handler.setup.impressions.flush() == 4
        valkey.stop()
        # Down: the same event again goes straight to the store.
        reply = post(handler, "/v1/events", {"events": [event]})
        assert reply.json()["accepted"] == 1
    after = fuse(project)
    assert after.number == before.number + 1
    new = store.read("events", after).filter(
        event_id=event_ids(project, [("brand-new", "once")], "shop")[0]
    )
    assert new.height == 1
    rows = store.read("events", before).height
    assert store.read("events", after).height == rows + 1
    inputs = [r["path"] for r in after.inputs if "feedback" in r["path"]]
    assert len(inputs) == 3
    seen = store.read("impressions", after).sort("position")
    assert seen["item"].to_list() == shown
    assert set(seen["recommendation_id"]) == {answer["recommendation_id"]}
    assert set(seen["person"]) == set(new["person"])
    assert seen.filter(pl.col("events") > 0).select("item", "events", "strength").rows() == [
        (first, 1, new["strength"][0])
    ]


def test_unlinked_accounts_are_apart_and_stay_so_until_they_are_linked_again(
    tmp_path: Path, valkey: EmbeddedValkey
) -> None:
    file = write_world(build_world(40, 3, end=datetime(2026, 11, 1, tzinfo=UTC)), tmp_path / "w")
    project = load_config(file)
    fuse(project)
    handler, store = LocalHandler(open_replica(file, valkey.address)), Store(project.store_path)
    one, two = {"platform": "shop", "id": "one"}, {"platform": "video", "id": "two"}
    pair = {"accounts": [one, two], "who": "me", "why": "same invoice"}

    def send(word: str) -> Any:
        dry = post(handler, f"/v1/identities:{word}", pair | {"dry_run": True})
        reply = post(handler, f"/v1/identities:{word}", pair)
        assert reply.status_code == 200, reply.text
        assert dry.json() == reply.json() | {"dry_run": True}
        return {name: said for name, said in reply.json().items() if name != "dry_run"}

    def people(accounts: pl.DataFrame | None = None) -> list[str]:
        key, state = load_key(project), connect(project, valkey.address)
        names = [account_pseudonym(pl.Series([a["id"]]), key, a["platform"])[0] for a in (one, two)]
        if accounts is not None:
            return [accounts.filter(account=name)["person"][0] for name in names]
        who = [
            PersonLookup(account=n, platform=a["platform"])
            for n, a in zip(names, (one, two), strict=True)
        ]
        return [known.person for known in state.read_people(who)]

    def settle(*, full: bool = False) -> list[str]:
        handler.setup.drainer("t").drain(takeover=True)
        found = people(store.read("accounts", fuse(project, full=full)))
        assert connect(project, valkey.address).load_base(store, store.current())
        assert people() == found
        return found

    for account in (one, two):
        event = {"user": account, "type": "view", "item_id": f"{account['platform']}:x"}
        post(handler, "/v1/events", {"events": [event]})
    alone = people()
    assert len(set(alone)) == 2
    assert send("unlink") == {"person_ids": alone, "effective": "now"}  # never linked: no fault
    send("link")
    assert len(set(people())) == 1
    assert send("unlink") == {"person_ids": alone, "effective": "now"}
    assert people() == alone
    assert settle() == alone
    send("link")
    joined = settle()
    assert len(set(joined)) == 1
    assert send("unlink") == {"person_ids": joined, "effective": "next_fuse"}
    assert people() == joined
    assert settle() == alone
    assert fuse(project).run["mode"] == "none"
    assert settle(full=True) == alone
    send("link")  # the last word counts, however often
    send("unlink")
    send("link")
    assert len(set(settle())) == 1
    assert len(set(settle(full=True))) == 1
    # All that was posted is in the identity log, and can be undone: unlink, then link before.
    lines = log_lines(open_log(store).read())
    assert [line["kind"] for line in lines] == [
        *("unlink", "link", "unlink"), "link", "unlink", *("link", "unlink", "link")
    ]  # fmt: skip
    assert {(line["who"], line["why"], line["posted"]) for line in lines} == {
        ("me", "same invoice", True)
    }
    for n, left in [(-1, alone), (-2, joined), (3, joined)]:
        number, _, index = lines[n]["place"].partition(".")
        undo_assertion(store, int(number), int(index), "me", "a mistake")
        assert settle() == left
