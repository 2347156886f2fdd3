"""`plait erase`, and `plait gc --erased`: an account leaves the store, version by version."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from plait.config import load_config
from plait.errors import BadRequest, PlaitError, StoreError, UnknownPlatform
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.store.batch_lists import record_lists
from plait.store.feedback.erasure_log import read_erasure_rows
from plait.store.store_objects import list_objects, read_object, write_object
from tests.unit.cli.conftest import Shop


def ask(shop: Shop, verb: str, *arguments: str) -> Any:
    return json.loads(shop.run(verb, "--json", *arguments).stdout)


def account(shop: Shop, raw: str) -> str:
    key = load_key(load_config(shop.folder / "plait.yaml"))
    name: str = account_pseudonym(pl.Series([raw]), key, "shop")[0]
    return name


def states(receipt: Any) -> dict[str, str]:
    return {name: place["state"] for name, place in receipt["places"].items()}


def test_an_account_is_erased_and_the_receipt_says_where(fused: Shop) -> None:
    who = account(fused, "u-a")
    dry = ask(fused, "erase", "--platform", "shop", "--account", "u-a", "--dry-run")
    assert dry == {"accounts": 1, "events": 1}
    assert read_erasure_rows(fused.store).is_empty()
    lists = pl.DataFrame({"person": [f"p_{who[-32:]}", "p_other"], "item": ["shop:a", "shop:b"]})
    folder = fused.folder / "lists"
    folder.mkdir()
    lists.write_parquet(folder / "part-00000.parquet")
    record_lists(fused.store, str(folder), 3)

    receipt = ask(fused, "erase", "--platform", "shop", "--account", "u-a")
    assert (receipt["accounts"], receipt["version"], receipt["done"]) == (1, None, False)
    assert set(states(receipt).values()) == {"pending", "none"}
    with pytest.raises(StoreError, match="still holds erased people"):
        fused.run("gc", "--keep", "1", "--erased")
    assert fused.run("fuse", "--json").exit_code == 0
    after = ask(fused, "erase", "--status", receipt["id"])
    assert after["version"] == 4
    assert {n for n, s in states(after).items() if s == "pending"} == {"older_versions"}
    assert pl.read_parquet(folder / "part-00000.parquet")["person"].to_list() == ["p_other"]
    assert fused.items() == ["shop:b", "shop:c"]

    collected = ask(fused, "gc", "--keep", "3", "--erased")
    assert (collected["kept"], collected["versions"]) == ([4], [1, 2, 3])
    (done,) = [ask(fused, "erase", "--status", "all")]
    assert done["done"]
    assert "u-a" not in json.dumps(done)
    for meta in list_objects(fused.store.objects, ""):
        body = read_object(fused.store.objects, meta["path"])
        assert who[-32:].encode() not in body, meta["path"]
    assert fused.run("fuse", "--full", "--json").exit_code == 0
    assert fused.items() == ["shop:b", "shop:c"]


def test_a_person_is_erased_by_any_of_their_ids(fused: Shop) -> None:
    (person,) = fused.store.read("accounts").filter(account=account(fused, "u-b"))["person"]
    receipt = ask(fused, "erase", "--person", person)
    fused.run("fuse", "--json")
    assert fused.items() == ["shop:a", "shop:c"]
    assert ask(fused, "erase", "--status", receipt["id"])["version"] == 4
    with pytest.raises(BadRequest, match="has no person"):
        fused.run("erase", "--person", person)


def test_a_rollback_does_not_bring_anybody_back_for_good(fused: Shop) -> None:
    receipt = ask(fused, "erase", "--platform", "shop", "--account", "u-a")
    fused.run("fuse", "--json")
    fused.run("versions", "rollback", "3", "--json")
    assert fused.items() == ["shop:a", "shop:b", "shop:c"]
    assert fused.refused("gc", "--keep", "1", "--erased").startswith("StoreError: the newest")
    assert json.loads(fused.run("fuse", "--json").stdout)["version"] == 6
    assert fused.items() == ["shop:b", "shop:c"]
    assert states(ask(fused, "erase", "--status", receipt["id"]))["tables"] == "done"


def test_an_erasure_that_cannot_be_says_why(fused: Shop) -> None:
    with pytest.raises(UnknownPlatform, match="shop"):
        fused.run("erase", "--platform", "shp", "--account", "u-a")
    with pytest.raises(StoreError, match="no receipt"):
        fused.run("erase", "--status", "../versions/1")
    with pytest.raises(PlaitError, match="does not answer"):
        fused.run("erase", "--person", "p_1", "--url", "http://127.0.0.1:1")
    for wrong in ([], ["--platform", "shop"], ["--person", "p", "--account", "a"]):
        assert fused.run("erase", *wrong).exit_code == 2
    assert "Nothing was erased" in fused.run("erase", "--status", "all").stdout


def test_lists_that_cannot_be_reached_stay_named(fused: Shop) -> None:
    folder = fused.folder / "lists"
    folder.mkdir()
    write_object(fused.store.objects, "x", b"")
    record_lists(fused.store, str(folder), 3)
    (folder / "part-00000.parquet").write_text("torn")
    receipt = ask(fused, "erase", "--platform", "shop", "--account", "u-a")
    fused.run("fuse", "--json")
    place = ask(fused, "erase", "--status", receipt["id"])["places"]["batch_lists"]
    assert (place["state"], str(folder) in place["what"]) == ("pending", True)
    (folder / "part-00000.parquet").unlink()
    assert fused.run("fuse", "--json").exit_code == 0  # nothing is new, and this is tried again
    assert states(ask(fused, "erase", "--status", receipt["id"]))["batch_lists"] == "done"
