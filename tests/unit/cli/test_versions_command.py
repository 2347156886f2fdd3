"""`plait versions`: what there is, and back to an older one."""

from __future__ import annotations

import json

from plait.store.store_objects import remove_objects
from tests.unit.cli.conftest import Shop


def test_the_list_names_every_version(shop: Shop) -> None:
    assert "plait fuse" in shop.refused("versions")
    shop.fuse("a")
    shop.fuse("b", "c")
    said = shop.run("versions").stdout
    lines = [line.split() for line in said.splitlines() if line.strip()]
    first = [line[0] for line in lines]
    assert [word for word in first if word in ("1", "2", "current")] == ["1", "current"]
    listed = json.loads(shop.run("versions", "--json").stdout)
    assert [(v["number"], v["current"], v["events"], v["people"]) for v in listed] == [
        (1, False, 1, 1), (2, True, 3, 3),
    ]  # fmt: skip


def test_show_has_tables_counts_and_inputs(shop: Shop) -> None:
    shop.fuse("a")
    record = json.loads(shop.run("versions", "show", "1", "--json").stdout)
    assert set(record["tables"]) == set(shop.store.version(1).tables)
    assert record["counts"]["events"] == 1
    said = shop.run("versions", "show", "1").stdout
    assert record["inputs"][0]["path"] in said
    assert "Versions: [1]" in shop.refused("versions", "show", "7")


def test_verify_names_a_damaged_file_and_a_rollback_is_a_way_out(shop: Shop) -> None:
    shop.fuse("a")
    shop.fuse("b")
    assert "version 2 is whole" in shop.run("versions", "verify").stdout
    named = {number: shop.store.parts("accounts", shop.store.version(number)) for number in (1, 2)}
    (lost,) = {part.path for part in named[2]} - {part.path for part in named[1]}
    remove_objects(shop.store.objects, [f"tables/accounts/{lost}"])
    said = shop.refused("versions", "verify")
    assert f"tables/accounts/{lost}" in said
    assert "is damaged: it is gone" in said
    record = json.loads(shop.run("versions", "verify", "1", "--json").stdout)
    assert record == {"version": 1, "damaged": []}
    shop.run("versions", "rollback", "1")
    shop.fuse("c")
    assert "is whole" in shop.run("versions", "verify").stdout
    assert shop.store.current().counts["events"] == 3


def test_rollback_names_the_older_tables_and_rewrites_nothing(fused: Shop) -> None:
    shop = fused
    before = {table: shop.store.version(2).tables[table] for table in shop.store.version(2).tables}
    said = json.loads(shop.run("versions", "rollback", "--json").stdout)
    assert said == {"from": 3, "to": 4, "restores": 2}
    assert shop.store.current().tables == before
    assert shop.store.current().inputs == shop.store.version(2).inputs
    assert (shop.items(), shop.items(3)) == (["shop:a", "shop:b"], ["shop:a", "shop:b", "shop:c"])
    # Two in a row go back two; there is nothing before the first.
    shop.run("versions", "rollback")
    assert shop.items() == ["shop:a"]
    assert "there is no version before" in shop.refused("versions", "rollback")
    # Any version can be named, a later one too.
    assert "version 6 is current, with the tables of version 3" in (
        shop.run("versions", "rollback", "3").stdout.replace("\n", " ")
    )


def test_a_fuse_after_a_rollback_takes_up_what_came_after(shop: Shop) -> None:
    shop.fuse("a")
    shop.fuse("b")
    people = shop.store.read("accounts").select("account", "person").sort("account")
    shop.run("versions", "rollback")
    assert shop.items() == ["shop:a"]
    shop.fuse("c")
    assert shop.items() == ["shop:a", "shop:b", "shop:c"]
    now = shop.store.read("accounts").select("account", "person")
    assert people.join(now, on=["account", "person"]).height == people.height


def test_a_rollback_after_gc_does_not_bring_back_what_was_undone(fused: Shop) -> None:
    shop = fused
    shop.run("versions", "rollback")
    shop.run("gc", "--keep", "2", "--older-than", "0s")
    assert shop.store.numbers() == [3, 4]
    assert "there is no version before" in shop.refused("versions", "rollback")
