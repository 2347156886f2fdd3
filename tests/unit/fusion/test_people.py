"""People through a fuse: shared devices, merges that are undone, tightened rules, any arrival."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

import plait.fusion.stages.find_inputs
from plait.cli.main import app
from plait.fusion.preview_people import preview_people

from .people import KEYS, NOBODIES, PLATFORMS, People, groups_of, partition_of, tables_of


@pytest.fixture(autouse=True)
def buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    monkeypatch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: 8)


def test_fifty_people_on_one_tablet_stay_fifty(folder: Path) -> None:
    accounts = [("shop", f"u{n}") for n in range(49)] + [("video", "v")]
    people = People(folder, accounts)
    for on, who in accounts:
        people.hold((on, who), device="tablet", email=f"{who}@x.org")
    fused = people.fuse()
    assert groups_of(fused) == [1] * 50
    assert fused.identity_edges.is_empty()  # the value identifies nobody
    (told,) = fused.blocked_keys.to_dicts()
    assert (told["key"], told["accounts"], told["reason"]) == ("device", 50, "over_limit")
    few = people.fuse(keys={name: {} for name in KEYS} | {"device": {"limit": 60}})
    assert groups_of(few) == [1] * 50
    assert few.identity_edges["rule"].unique().to_list() == ["device"]
    assert few.identity_edges["dropped_as"].unique().to_list() == ["contradiction"]


A, B, C, D = ("shop", "a"), ("video", "b"), ("shop", "c"), ("video", "d")


def test_after_an_undo_the_tables_are_as_if_the_link_had_never_been(folder: Path) -> None:
    people = People(folder, [A, B, C, D])
    people.hold(B, email="b@x.org")
    people.hold(C, email="b@x.org")
    people.fuse()
    before = people.fuse(full=True)
    people.link(A, B)
    joined = people.fuse()
    assert groups_of(joined) == [3, 1]
    assert joined.version.counts["retired_ids"] == 1
    assert joined.people.filter(pl.col("merged_into").is_null())["since"].unique().to_list() == [1]
    people.undo()
    after = people.fuse()
    assert after.version.run["mode"] == "incremental"
    for name, table in tables_of(before).items():
        assert tables_of(after)[name].equals(table), name
    changes = after.person_changes
    (merge,) = changes.filter(change="merged").to_dicts()
    (restored,) = changes.filter(change="restored").to_dicts()
    assert (restored["person"], restored["other"]) == (merge["person"], merge["other"])
    assert (merge["version"], restored["version"]) == (3, 4)
    moved = changes.filter(version=4, change="left")["account"].to_list()
    assert moved == changes.filter(version=4, change="joined")["account"].to_list()
    assert changes.filter(version=3, change="joined")["rule"].unique().to_list() != [None]


def test_an_unlink_tears_a_key_and_an_undo_mends_it(folder: Path) -> None:
    people = People(folder, [A, B, C, D])
    for account in (A, B, C):
        people.hold(account, email="a@x.org")
    before = people.fuse()
    assert groups_of(before) == [3, 1]
    people.link(C, A, joined=False)
    apart = people.fuse()
    assert groups_of(apart) == [2, 1, 1]
    who = partition_of(apart)
    assert who[people.pseudonym(A)] != who[people.pseudonym(C)]
    assert "unlinked" in apart.identity_edges["dropped_as"].to_list()
    (split,) = apart.person_changes.filter(change="split").to_dicts()
    assert split["person"] in partition_of(before).values()
    assert tables_of(people.fuse(full=True))["events"].equals(tables_of(apart)["events"])
    people.undo()
    assert partition_of(people.fuse()) == partition_of(before)


def test_tightened_rules_apply_to_people_who_exist_and_a_preview_says_how_many(
    folder: Path,
) -> None:
    accounts = [(PLATFORMS[n % 2], f"u{n}") for n in range(12)]
    people = People(folder, accounts)
    for n, account in enumerate(accounts):
        people.hold(account, phone=f"+4930{n // 2:07}", email=f"m{(n + 1) // 2}@x.org")
    assert groups_of(people.fuse()) == [12]
    project = people.fuse(max_accounts=50).project
    none = preview_people(project)
    assert (none.accounts_changed, none.split, none.largest.height) == (0, 0, 0)
    tight = project.model_copy(
        update={"people": project.people.model_copy(update={"max_accounts": 4})}
    )
    found = preview_people(tight)
    assert people.fuse(max_accounts=50).version.run["mode"] == "none"  # nothing was written
    assert (found.people_now, found.split, found.merged) == (1 + NOBODIES, 1, 0)
    after = people.fuse(max_accounts=4)
    assert after.version.run["mode"] == "incremental"
    assert len(groups_of(after)) == found.people_then - NOBODIES > 2
    assert after.person_changes.filter(change="left").height == found.accounts_changed
    assert sorted(found.largest["accounts"][0].to_list()) == sorted(groups_of(after))
    dropped = after.identity_edges["dropped_as"].to_list()
    assert dropped.count("cap") == found.edges["cap"] > 0
    # And back: the oldest survives.
    wide = preview_people(project)
    assert (wide.people_then, wide.merged, wide.split) == (
        1 + NOBODIES,
        len(groups_of(after)) - 1,
        0,
    )
    again = people.fuse()
    assert partition_of(again) == partition_of(people.fuse(full=True))
    assert again.version.counts["retired_ids"] == wide.merged


def test_the_verb_prints_the_preview(folder: Path) -> None:
    people = People(folder, [A, B, C, D])
    fused = people.fuse()
    people.hold(A, email="a@x.org")
    people.hold(B, email="a@x.org")
    project = {
        "store": "store",
        "platforms": {
            name: settings.model_dump(mode="json", exclude_defaults=True)
            for name, settings in fused.project.platforms.items()
        },
    }
    people.write_accounts()
    (folder / "plait.yaml").write_text(json.dumps(project))
    run = CliRunner()
    said = run.invoke(app, ["identity", "preview", "-c", str(folder / "plait.yaml")])
    assert said.exit_code == 0, said.output
    assert "people: 6 in store version 1, 5 after the next fuse" in said.output
    assert "merged" in said.output
    told = run.invoke(app, ["identity", "preview", "-c", str(folder / "plait.yaml"), "--json"])
    record = json.loads(told.output)
    assert (record["merged"], record["accounts_changed"], record["edges"]) == (1, 1, {"used": 1})
    assert record["largest"][0]["accounts"] == [1, 1]
